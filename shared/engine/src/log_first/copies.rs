//! Sends events to the other shards that must hold them, one sender for each shard, beside the loop.
//!
//! What was sent is what the other log holds: the mark is the last copy in it, not a column. A shard whose log can't be written delays
//! only the events for it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::select_all;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::warn;
use wallet_contract::envelope;
use wallet_contract::shard::Shard;
use wallet_contract::subject::envelopes;

use super::record::{Decision, cut};
use super::{Append, Events, Limits, Log};
use crate::bus::{self, Message};
use crate::shard_loop::Context;
use crate::store;

/// How many events are read at once.
const READ: i64 = 500;
/// The pause after a failure.
const RETRY: Duration = Duration::from_millis(500);

/// Why nothing more can be sent.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Log(#[from] bus::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the last copy on {subject}, message {sequence}, is not in the event table")]
    Unknown { subject: String, sequence: u64 },
}

/// Sends for ever. Returns if the other log shows that ours has lost data.
pub(super) async fn send<L: Log, E: Events>(
    context: &Context<L>,
    events: E,
    writer: &str,
    limits: Limits,
    changed: watch::Receiver<i64>,
) -> bus::Error {
    let here = context.place.shard;
    let others = context.place.shards.all().filter(|shard| *shard != here);
    let senders: Vec<_> = others
        .map(|to| {
            let sender = Sender {
                context,
                events: events.clone(),
                writer,
                limits,
                changed: changed.clone(),
                to,
            };
            Box::pin(sender.run())
        })
        .collect();
    if senders.is_empty() {
        return std::future::pending().await;
    }
    select_all(senders).await.0
}

struct Sender<'a, L, E> {
    context: &'a Context<L>,
    events: E,
    writer: &'a str,
    limits: Limits,
    changed: watch::Receiver<i64>,
    to: Shard,
}

impl<L: Log, E: Events> Sender<'_, L, E> {
    async fn run(mut self) -> bus::Error {
        let here = self.context.place.shard;
        let mut hindered = false;
        loop {
            match self.until_refused().await {
                Ok(()) => {}
                Err(Failed::Log(error @ bus::Error::LostData { .. })) => return error,
                Err(failed) => {
                    warn!(to = %self.to, "can't send copies to shard {}: {failed}", self.to);
                    self.context
                        .board
                        .publishes(here, self.to, Some(failed.to_string()));
                    hindered = true;
                    sleep(RETRY).await;
                    continue;
                }
            }
            if hindered {
                self.context.board.publishes(here, self.to, None);
                hindered = false;
            }
        }
    }

    /// Sends until a copy is refused, because another sender has sent.
    async fn until_refused(&mut self) -> Result<(), Failed> {
        let place = self.context.place;
        let subject = envelopes(self.to, self.context.service, place.shard);
        let (mut after, last) = self.context.bus.last(self.to, &subject).await?;
        let mut mark = match &last {
            Some(last) => self.number(last).await?.ok_or_else(|| Failed::Unknown {
                subject: subject.clone(),
                sequence: last.sequence,
            })?,
            None => 0,
        };
        loop {
            self.changed.borrow_and_update();
            let events = self.events.to(self.to, mark, READ).await?;
            if events.is_empty() {
                if self.changed.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                continue;
            }
            let copies: Vec<Decision> = events
                .into_iter()
                .map(|outgoing| Decision {
                    outgoing,
                    joins: false,
                })
                .collect();
            for envelope in cut(&copies, self.limits) {
                let message = Append {
                    shard: self.to,
                    subject: subject.clone(),
                    payload: Bytes::from(envelope::join(envelope.iter().map(|event| &*event.json))),
                    writer: self.writer.to_owned(),
                    after,
                };
                match self.context.bus.append(&message).await? {
                    Some(sequence) => after = sequence,
                    None => return Ok(()),
                }
                mark = envelope.last().map_or(mark, |event| event.no);
            }
        }
    }

    /// The number of the last event in a copy.
    async fn number(&mut self, copy: &Message) -> Result<Option<i64>, Failed> {
        let last = envelope::split(&copy.payload)
            .ok()
            .and_then(|events| envelope::read(events.last()?).ok());
        match last {
            Some(event) => Ok(self.events.number(event.id).await?),
            None => Ok(None),
        }
    }
}
