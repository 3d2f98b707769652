//! Sends a request until its outcome is known.

use std::pin::pin;
use std::time::Duration;

use async_nats::jetstream::publish::PublishAck;
use tokio::time::Instant;

use super::Wallet;
use crate::outcome::{Listener, Outcome, Told};
use crate::request::Request;
use crate::{Error, clock};

/// After this long without an outcome a request is repeated; the pause doubles each time.
pub const FIRST_REPEAT: Duration = Duration::from_secs(5);

impl Wallet {
    /// Sends a request and waits, as [`Self::ask`] does, and says more: where the request stands in the log, how long it took, whether
    /// it had ended before.
    pub async fn follow(&self, request: &Request) -> Result<Told, Error> {
        let mut listener =
            Listener::start(self.connection(), &request.account, request.id, request.request).await?;
        let (started, since) = (Instant::now(), clock::now());
        let deadline = started + self.options.deadline;
        let (mut ack, mut pause) = (None, FIRST_REPEAT);
        let outcome = loop {
            let until = deadline.min(Instant::now() + pause);
            let heard = self.send(request, &mut listener, until, &mut ack, pause > FIRST_REPEAT);
            let heard = heard.await?;
            if heard.is_some() || Instant::now() >= deadline {
                break heard;
            }
            pause *= 2;
        };
        let elapsed = started.elapsed();
        let outcome = match outcome {
            Some(outcome) => Some(listener.how_it_ends(outcome).await?),
            None => None,
        };
        let earlier = outcome
            .as_ref()
            .is_some_and(|outcome| outcome.is_earlier(pause > FIRST_REPEAT, since));
        Ok(Told {
            ack,
            outcome,
            earlier,
            elapsed,
        })
    }

    /// Publishes the request and listens meanwhile: the outcome may come before the acknowledgement, which may never come.
    async fn send(
        &self,
        request: &Request,
        listener: &mut Listener,
        until: Instant,
        ack: &mut Option<PublishAck>,
        again: bool,
    ) -> Result<Option<Outcome>, Error> {
        let mut publishing = pin!(self.post.send(request));
        let published = tokio::select! {
            biased;
            outcome = listener.until(until) => return outcome,
            published = &mut publishing => published,
        };
        match published {
            Ok(stands) => {
                ack.get_or_insert(stands);
            }
            // It may stand in the log all the same: only its outcome can tell, or a repeat.
            Err(Error::NotAcknowledged { .. }) => {}
            // The first one may stand there.
            Err(_) if again => {}
            Err(error) => return Err(error),
        }
        listener.until(until).await
    }
}
