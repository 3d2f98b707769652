//! Sends a request and waits for its own outcome.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use async_nats::Subscriber;
use async_nats::jetstream::publish::PublishAck;
use futures_util::StreamExt;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until, timeout_at};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::status::Status;
use wallet_contract::subject;

use super::{Outcome, read};
use crate::clock;
use crate::connect::{Connection, denied};
use crate::request::Request;

/// After this long without an outcome a request is repeated; the pause doubles each time.
pub const FIRST_REPEAT: Duration = Duration::from_secs(5);
/// How long somebody whose request came too late waits for how the transfer ends that is under way already.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// What was heard of a request.
#[derive(Clone, Debug)]
pub struct Told {
    /// Where the request stands; nothing if the server did not say so in time.
    pub ack: Option<PublishAck>,
    /// How it ended; nothing if that was not told in time.
    pub outcome: Option<Outcome>,
    /// Whether it had ended before.
    pub earlier: bool,
    /// From publishing to hearing, or how long was waited.
    pub elapsed: Duration,
}

/// Listens for the outcome of one request.
#[derive(Debug)]
pub struct Listener {
    request: EventId,
    subject: String,
    messages: Subscriber,
    denials: broadcast::Receiver<String>,
}

impl Listener {
    /// Starts to listen for what becomes of `request`, which `account` names `id`. Do it before publishing.
    pub async fn start(
        connection: &Connection,
        account: &AccountId,
        id: TransferId,
        request: EventId,
    ) -> Result<Self> {
        let subject = subject::outcome(account, id);
        let denials = connection.denials();
        let messages = connection.client().subscribe(subject.clone()).await;
        let messages = messages.with_context(|| format!("subscribing to {subject}"))?;
        Ok(Self {
            request,
            subject,
            messages,
            denials,
        })
    }

    /// The outcome, if it is told before `deadline`.
    pub async fn until(&mut self, deadline: Instant) -> Result<Option<Outcome>> {
        let request = self.request;
        self.find(deadline, |outcome| outcome.answers(request)).await
    }

    /// Waits a moment for the end of the transfer that our request was too late for: the refusal may be faster.
    async fn how_it_ends(&mut self, refused: Outcome) -> Result<Outcome> {
        let status = refused.transfer.as_ref().map(|became| became.status);
        if status != Some(Status::Running) {
            return Ok(refused);
        }
        let end = self
            .find(Instant::now() + ENDS_WITHIN, Outcome::ends_transfer)
            .await?;
        Ok(match end {
            Some(end) => refused.after(&end),
            None => refused,
        })
    }

    async fn find(&mut self, deadline: Instant, is_it: impl Fn(&Outcome) -> bool) -> Result<Option<Outcome>> {
        loop {
            let outcome = self.next(deadline).await?;
            if outcome.as_ref().is_none_or(&is_it) {
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

/// Sends a request and waits for its outcome, repeating it if nothing is heard for long.
pub async fn ask(connection: &Connection, request: &Request, timeout: Duration) -> Result<Told> {
    let mut listener = Listener::start(connection, &request.account, request.id, request.request).await?;
    let (started, since) = (Instant::now(), clock::now());
    let deadline = started + timeout;
    let ack = match timeout_at(deadline, publish(connection, request)).await {
        Ok(ack) => Some(ack?),
        Err(_elapsed) => None,
    };
    let (mut pause, mut again) = (FIRST_REPEAT, false);
    let outcome = loop {
        let outcome = listener.until(deadline.min(Instant::now() + pause)).await?;
        if outcome.is_some() || Instant::now() >= deadline {
            break outcome;
        }
        (pause, again) = (pause * 2, true);
        let mut repeat = pin!(publish(connection, request));
        // The repeat's acknowledgement does not matter, the outcome may come first, and neither may pass the deadline.
        tokio::select! {
            _ = &mut repeat => {}
            outcome = listener.until(deadline) => break outcome?,
        }
    };
    let elapsed = started.elapsed();
    let outcome = match outcome {
        Some(outcome) => Some(listener.how_it_ends(outcome).await?),
        None => None,
    };
    let earlier = outcome
        .as_ref()
        .is_some_and(|outcome| outcome.is_earlier(again, since));
    Ok(Told {
        ack,
        outcome,
        earlier,
        elapsed,
    })
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
