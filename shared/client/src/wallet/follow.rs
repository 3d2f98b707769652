//! Sends a request repeatedly until its outcome is known.

use std::pin::pin;
use std::time::Duration;

use async_nats::jetstream::publish::PublishAck;
use tokio::time::Instant;

use super::Wallet;
use crate::outcome::{Followed, Listener, Outcome};
use crate::request::Request;
use crate::{Error, clock};

/// The time without an outcome after which a request is repeated; it doubles with each repeat.
pub const FIRST_REPEAT: Duration = Duration::from_secs(5);

impl Wallet {
    /// Sends a request and waits, like [`Self::ask`], but also returns the request's position in the log, how long it took, and
    /// whether it had ended before.
    pub async fn follow(&self, request: &Request) -> Result<Followed, Error> {
        let mut listener =
            Listener::start(self.connection(), &request.account, request.id, request.request).await?;
        let (started, since) = (Instant::now(), clock::now());
        let deadline = started + self.options.deadline;
        let mut sent = Sent::default();
        let outcome = self
            .until_known(request, &mut listener, deadline, &mut sent)
            .await?;
        let elapsed = started.elapsed();
        let outcome = match outcome {
            Some(outcome) => Some(listener.await_end(outcome).await?),
            None => None,
        };
        let earlier = outcome
            .as_ref()
            .is_some_and(|outcome| outcome.is_earlier(sent.again, since));
        Ok(Followed {
            ack: sent.ack,
            outcome,
            earlier,
            elapsed,
        })
    }

    /// Publishes and listens concurrently: the outcome may arrive before the acknowledgement, which may never come. A request is
    /// not published again before the current attempt has ended; the connection makes several attempts of its own.
    async fn until_known(
        &self,
        request: &Request,
        listener: &mut Listener,
        deadline: Instant,
        sent: &mut Sent,
    ) -> Result<Option<Outcome>, Error> {
        let mut publishing = pin!(self.publisher.send(request));
        let (mut is_publishing, mut pause) = (true, FIRST_REPEAT);
        let mut until = deadline.min(Instant::now() + pause);
        loop {
            tokio::select! {
                biased;
                heard = listener.until(until) => {
                    if let Some(outcome) = heard? {
                        return Ok(Some(outcome));
                    }
                    if until >= deadline {
                        return Ok(None);
                    }
                    if !is_publishing {
                        publishing.set(self.publisher.send(request));
                        (is_publishing, sent.again) = (true, true);
                        pause *= 2;
                    }
                    until = deadline.min(Instant::now() + pause);
                }
                published = &mut publishing, if is_publishing => {
                    is_publishing = false;
                    sent.take(published)?;
                }
            }
        }
    }
}

/// The state of publishing.
#[derive(Debug, Default)]
struct Sent {
    /// The position from the first acknowledgement.
    ack: Option<PublishAck>,
    /// Whether it was published more than once.
    again: bool,
}

impl Sent {
    fn take(&mut self, published: Result<PublishAck, Error>) -> Result<(), Error> {
        match published {
            Ok(ack) => {
                self.ack.get_or_insert(ack);
                Ok(())
            }
            // It may be in the log all the same, and was published several times: only its outcome or a repeat can tell.
            Err(Error::NotAcknowledged { .. }) => {
                self.again = true;
                Ok(())
            }
            // An earlier attempt may be in the log.
            Err(_) if self.again => Ok(()),
            Err(error) => Err(error),
        }
    }
}
