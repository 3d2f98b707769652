//! Waits for how a request ended: a message on `wallet.outcome.<account>.<id>`.
//!
//! The subscription stands before the request is published, so no outcome is missed. Outcomes are not stored: one that
//! was told while we were disconnected is lost, so a request without an outcome is repeated now and then. A repeat
//! changes nothing, and is told again how the first one ended.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use async_nats::Subscriber;
use async_nats::jetstream::publish::PublishAck;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until, timeout_at};
use uuid::Uuid;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::subject::{self, Verb};

use crate::connect::{Connection, denied};
use crate::request::Request;

/// After this long without an outcome a request is repeated; the pause doubles each time.
pub const FIRST_REPEAT: Duration = Duration::from_secs(5);

/// How a request ended.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Outcome {
    /// The client's id.
    pub id: Uuid,
    /// Whose authority was used.
    pub account: String,
    /// What was asked; of a transfer's end, `transfer`.
    pub verb: String,
    /// How it ended, in a word.
    pub outcome: Word,
    /// Why not, as a stable code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Why not, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The trace id.
    pub trace: String,
    /// Who paid, or would have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payer: Option<String>,
    /// Who was paid, or would have been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<String>,
    /// How much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The currency's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// When it ended.
    pub time: Timestamp,
}

/// How a request ended, in a word.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// The money has arrived.
    Settled,
    /// Nothing has moved, nothing has changed.
    Refused,
    /// The money was debited, could not be credited and was given back.
    Compensated,
    /// The money is held, and the payee's side will take it.
    Reserved,
    /// The payer cancelled.
    Cancelled,
    /// The reservation was not confirmed in time.
    Expired,
    /// The account is open in the currency.
    Opened,
    /// The account is frozen.
    Frozen,
    /// The account is no longer frozen.
    Unfrozen,
    /// The account is closed.
    Closed,
}

impl Word {
    /// Whether what was asked for was done, if it was not a cancel.
    pub fn is_good(self) -> bool {
        match self {
            Self::Settled | Self::Reserved | Self::Opened | Self::Frozen | Self::Unfrozen | Self::Closed => {
                true
            }
            Self::Refused | Self::Compensated | Self::Cancelled | Self::Expired => false,
        }
    }

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Refused => "refused",
            Self::Compensated => "compensated",
            Self::Reserved => "reserved",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Opened => "opened",
            Self::Frozen => "frozen",
            Self::Unfrozen => "unfrozen",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Outcome {
    /// Whether this is what became of a request with that verb: other requests of the same flow are told on the same
    /// subject.
    pub fn answers(&self, asked: Verb) -> bool {
        let Some(told) = Verb::ALL.into_iter().find(|verb| verb.token() == self.verb) else {
            return false;
        };
        match self.outcome {
            Word::Reserved => asked == Verb::Reserve,
            Word::Refused => told == asked || (told == Verb::Transfer && asked.flow() == Verb::Transfer),
            Word::Settled
            | Word::Compensated
            | Word::Cancelled
            | Word::Expired
            | Word::Opened
            | Word::Frozen
            | Word::Unfrozen
            | Word::Closed => told.flow() == asked.flow(),
        }
    }

    /// Whether what was asked for was done.
    pub fn is_good(&self, asked: Verb) -> bool {
        self.outcome.is_good() || (asked == Verb::Cancel && self.outcome == Word::Cancelled)
    }
}

/// What was heard of a request.
#[derive(Clone, Debug)]
pub struct Told {
    /// Where the request stands; nothing if the server did not say so in time.
    pub ack: Option<PublishAck>,
    /// How it ended; nothing if that was not told in time.
    pub outcome: Option<Outcome>,
    /// From publishing to hearing, or how long was waited.
    pub elapsed: Duration,
}

/// Listens for the outcome of one request.
#[derive(Debug)]
pub struct Listener {
    verb: Verb,
    subject: String,
    messages: Subscriber,
    denials: broadcast::Receiver<String>,
}

impl Listener {
    /// Starts to listen. Do it before publishing.
    pub async fn start(
        connection: &Connection,
        verb: Verb,
        account: &AccountId,
        id: TransferId,
    ) -> Result<Self> {
        let subject = subject::outcome(account, id);
        let denials = connection.denials();
        let messages = connection.client().subscribe(subject.clone()).await;
        let messages = messages.with_context(|| format!("subscribing to {subject}"))?;
        Ok(Self {
            verb,
            subject,
            messages,
            denials,
        })
    }

    /// The outcome, if it is told before `deadline`.
    pub async fn until(&mut self, deadline: Instant) -> Result<Option<Outcome>> {
        loop {
            let outcome = self.next(deadline).await?;
            if outcome.as_ref().is_none_or(|outcome| outcome.answers(self.verb)) {
                return Ok(outcome);
            }
        }
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<Outcome>> {
        tokio::select! {
            biased;
            message = self.messages.next() => {
                let message = message.context("the connection to NATS was closed while waiting for the outcome")?;
                read(&message.payload).map(Some)
            }
            text = denied(&mut self.denials, &self.subject) => {
                Err(anyhow!("this user may not hear outcomes on {}: {text}; ask the ledger with `wallet trace`", self.subject))
            }
            () = sleep_until(deadline) => Ok(None),
        }
    }
}

/// Reads an outcome message.
pub fn read(payload: &[u8]) -> Result<Outcome> {
    let strange = || {
        format!(
            "an outcome that this version does not understand: {}",
            String::from_utf8_lossy(payload)
        )
    };
    serde_json::from_slice(payload).with_context(strange)
}

/// Sends a request and waits for its outcome, repeating it if nothing is heard for long.
pub async fn ask(connection: &Connection, request: &Request, timeout: Duration) -> Result<Told> {
    let mut listener = Listener::start(connection, request.verb, &request.account, request.id).await?;
    let started = Instant::now();
    let deadline = started + timeout;
    let ack = match timeout_at(deadline, publish(connection, request)).await {
        Ok(ack) => Some(ack?),
        Err(_elapsed) => None,
    };
    let told = |outcome, ack| Told {
        ack,
        outcome,
        elapsed: started.elapsed(),
    };
    let mut pause = FIRST_REPEAT;
    loop {
        let outcome = listener.until(deadline.min(Instant::now() + pause)).await?;
        if outcome.is_some() || Instant::now() >= deadline {
            return Ok(told(outcome, ack));
        }
        pause *= 2;
        let mut repeat = pin!(publish(connection, request));
        // The repeat's acknowledgement does not matter, the outcome may come first, and neither may pass the deadline.
        tokio::select! {
            _ = &mut repeat => {}
            outcome = listener.until(deadline) => return Ok(told(outcome?, ack)),
        }
    }
}

/// Puts a request into the log, without waiting for what comes of it.
pub async fn publish(connection: &Connection, request: &Request) -> Result<PublishAck> {
    let naming_it = || format!("request {}", request.id);
    let (body, trace) = (request.body.clone(), request.traceparent());
    connection
        .request(request.verb, &request.account, body, trace.as_deref())
        .await
        .with_context(naming_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_read_as_the_ledger_tells_it() {
        let json = r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","account":"alice","verb":"transfer","outcome":"refused","reason":"insufficient_funds","detail":"alice has 3.00 USD","trace":"0190b1c47a2e8c3d9f005a3c1e8b2d4f","payer":"alice","payee":"bob","amount":"12.50","currency":"USD","time":"2026-01-31T12:00:00.000001Z"}"#;
        let outcome = read(json.as_bytes()).unwrap();
        assert_eq!(
            (outcome.outcome, outcome.outcome.is_good()),
            (Word::Refused, false)
        );
        assert_eq!(serde_json::to_string(&outcome).unwrap(), json);
        let opened = r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","account":"alice","verb":"open","outcome":"opened","trace":"0190b1c47a2e8c3d9f005a3c1e8b2d4f","time":"2026-01-31T12:00:00Z"}"#;
        assert!(read(opened.as_bytes()).unwrap().outcome.is_good());
        let check = |verb: &str, word: &str, asked: Verb, expected: bool| {
            let told = json
                .replace("\"refused\"", &format!("{word:?}"))
                .replace("\"transfer\"", &format!("{verb:?}"));
            let answers = read(told.as_bytes()).unwrap().answers(asked);
            assert_eq!(answers, expected, "{verb} {word}, {} asked", asked.token());
        };
        check("transfer", "refused", Verb::Reserve, true);
        check("confirm", "refused", Verb::Reserve, false);
        check("confirm", "refused", Verb::Confirm, true);
        check("reserve", "reserved", Verb::Reserve, true);
        check("reserve", "reserved", Verb::Confirm, false);
        check("transfer", "cancelled", Verb::Cancel, true);
        check("transfer", "settled", Verb::Open, false);
        let error = read(b"{}").unwrap_err().to_string();
        assert_eq!(error, "an outcome that this version does not understand: {}");
    }
}
