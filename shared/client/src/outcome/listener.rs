//! Listens for the outcome of one request.

use std::time::Duration;

use async_nats::Subscriber;
use async_nats::jetstream::publish::PublishAck;
use futures_util::StreamExt;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::status::Status;
use wallet_contract::subject;

use super::{Outcome, read};
use crate::Error;
use crate::connect::{Connection, denied};

/// How long a caller whose request came too late waits for the end of the transfer that is already in progress.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// What is known of a request.
#[derive(Clone, Debug)]
pub struct Followed {
    /// Its position in the log; none if the server did not acknowledge in time.
    pub ack: Option<PublishAck>,
    /// Its outcome; none if it did not arrive in time.
    pub outcome: Option<Outcome>,
    /// Whether it had ended before.
    pub earlier: bool,
    /// From publishing until the outcome, or until the caller gave up.
    pub elapsed: Duration,
}

/// Listens for the outcome of one request.
#[derive(Debug)]
pub struct Listener {
    request: EventId,
    subject: String,
    host: String,
    messages: Subscriber,
    denials: broadcast::Receiver<String>,
}

impl Listener {
    /// Starts listening for the outcome of `request`, sent by `account` as `id`. Must be called before publishing.
    pub async fn start(
        connection: &Connection,
        account: &AccountId,
        id: TransferId,
        request: EventId,
    ) -> Result<Self, Error> {
        let subject = subject::outcome(account, id);
        let denials = connection.denials();
        let messages = connection.client().subscribe(subject.clone()).await;
        let messages = messages.map_err(|_| Error::Closed)?;
        Ok(Self {
            request,
            subject,
            host: connection.host().to_owned(),
            messages,
            denials,
        })
    }

    /// The outcome, if it arrives before `deadline`.
    pub async fn until(&mut self, deadline: Instant) -> Result<Option<Outcome>, Error> {
        let request = self.request;
        self.find(deadline, |outcome| outcome.answers(request)).await
    }

    /// Waits briefly for the end of the transfer that our request was too late for: the refusal may arrive first.
    pub(crate) async fn await_end(&mut self, refused: Outcome) -> Result<Outcome, Error> {
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

    async fn find(
        &mut self,
        deadline: Instant,
        is_it: impl Fn(&Outcome) -> bool,
    ) -> Result<Option<Outcome>, Error> {
        loop {
            let outcome = self.next(deadline).await?;
            if outcome.as_ref().is_none_or(&is_it) {
                return Ok(outcome);
            }
        }
    }

    async fn next(&mut self, deadline: Instant) -> Result<Option<Outcome>, Error> {
        tokio::select! {
            biased;
            message = self.messages.next() => {
                read(&message.ok_or(Error::Closed)?.payload).map(Some)
            }
            reason = denied(&mut self.denials, &self.subject) => {
                let what = format!("receive outcomes on {}, so query the ledger with `wallet trace`", self.subject);
                Err(Error::Denied { host: self.host.clone(), what, reason })
            }
            () = sleep_until(deadline) => Ok(None),
        }
    }
}
