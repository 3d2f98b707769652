//! Publishes committed events in order, one envelope per destination, and retries until each is acknowledged.
//!
//! Each destination of a batch receives its envelopes one after the other, so a stream never holds an event before
//! its cause. Events that two streams must hold go to the second once the first has stored them.

use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use tracing::warn;
use wallet_contract::envelope;
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_ENVELOPE_BYTES;
use wallet_contract::subject::{Service, envelopes};

use crate::bus::{Bus, Error};
use crate::status::Board;
use crate::store::Outgoing;

/// The pause between two attempts to publish: the first, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// Publishes the events that a service decided on a shard.
#[derive(Clone, Copy, Debug)]
pub struct Publisher<'a, B> {
    /// The log.
    pub bus: &'a B,
    /// The service that decided them.
    pub service: Service,
    /// The shard that it decided them on.
    pub shard: Shard,
    /// Reports when events can't be published.
    pub board: &'a Board,
}

impl<B: Bus> Publisher<'_, B> {
    /// Publishes a batch, with the time of its commit if known. Returns once all of it is durable; retries for ever.
    pub async fn publish(&self, events: &[Outgoing], committed: Option<Timestamp>) -> Result<(), Error> {
        stage(self, events, committed, |event| Some(event.first)).await?;
        stage(self, events, committed, |event| event.then).await
    }
}

async fn stage<B: Bus>(
    publisher: &Publisher<'_, B>,
    events: &[Outgoing],
    committed: Option<Timestamp>,
    destination: fn(&Outgoing) -> Option<Shard>,
) -> Result<(), Error> {
    let mut shards: Vec<Shard> = events.iter().filter_map(destination).collect();
    shards.sort_unstable();
    shards.dedup();
    let each = shards.into_iter().map(|shard| async move {
        let chosen = events.iter().filter(|event| destination(event) == Some(shard));
        for envelope in cut(chosen) {
            deliver(publisher, shard, &envelope, committed).await?;
        }
        Ok(())
    });
    try_join_all(each).await.map(|_| ())
}

/// Splits events into envelopes of at most [`MAX_ENVELOPE_BYTES`].
fn cut<'e>(events: impl Iterator<Item = &'e Outgoing>) -> Vec<Vec<&'e Outgoing>> {
    let mut envelopes: Vec<Vec<&Outgoing>> = Vec::new();
    let mut room = 0_usize;
    for event in events {
        let size = event.json.len() + 1;
        match envelopes.last_mut() {
            Some(envelope) if size <= room => {
                envelope.push(event);
                room -= size;
            }
            _ => {
                envelopes.push(vec![event]);
                room = MAX_ENVELOPE_BYTES.saturating_sub(size);
            }
        }
    }
    envelopes
}

/// Publishes one envelope until it is acknowledged. If an acknowledgement was lost, the log holds it twice, and each reader's
/// inbox drops the second copy.
async fn deliver<B: Bus>(
    publisher: &Publisher<'_, B>,
    to: Shard,
    events: &[&Outgoing],
    committed: Option<Timestamp>,
) -> Result<(), Error> {
    let Publisher {
        bus,
        service,
        shard,
        board,
    } = publisher;
    let subject = envelopes(to, *service, *shard);
    let payload = bytes::Bytes::from(envelope::join(events.iter().map(|event| &*event.json)));
    let mut pause = BACKOFF.0;
    loop {
        match bus.publish(subject.clone(), payload.clone(), committed).await {
            Ok(()) => {
                if pause > BACKOFF.0 {
                    board.publishes(*shard, to, None);
                }
                return Ok(());
            }
            Err(Error::Nats(error)) => {
                warn!(%subject, events = events.len(), "publishing failed, retrying in {pause:?}: {error}");
                board.publishes(*shard, to, Some(error));
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(BACKOFF.1);
            }
            Err(error @ (Error::Unfit(_) | Error::LostData { .. } | Error::Gap { .. })) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use wallet_contract::id::EventId;

    use super::*;

    #[test]
    fn an_envelope_has_a_size_limit_and_keeps_the_order() {
        let event = |no: i64, size: usize| Outgoing {
            no,
            id: EventId(Uuid::from_u128(7)),
            first: Shard(0),
            then: None,
            json: "x".repeat(size),
        };
        let events = [
            event(1, 10),
            event(2, MAX_ENVELOPE_BYTES - 20),
            event(3, 20),
            event(4, MAX_ENVELOPE_BYTES * 2),
        ];
        let cut: Vec<Vec<i64>> = cut(events.iter())
            .iter()
            .map(|e| e.iter().map(|event| event.no).collect())
            .collect();
        assert_eq!(cut, [vec![1, 2], vec![3], vec![4]]);
    }
}
