//! Sends events to the other shards that must hold them, one sender for each shard, beside the loop.
//!
//! What was sent is what the other log holds: the mark is the last copy in it, not a column. A shard whose log can't be written delays
//! only the events for it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::select_all;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{debug, warn};
use wallet_contract::envelope;
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_contract::subject::envelopes;

use super::Context;
use super::record::{Decision, cut};
use crate::bus::{self, Append, Bus, Loss};
use crate::store::{self, Events};

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
}

/// Sends for ever. Returns if the other log shows that ours has lost data.
pub(super) async fn send<L: Bus, E: Events>(
    context: &Context<L>,
    events: E,
    writer: &str,
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

/// Checks that every event of ours in the other logs is in the event table, as far as those logs can be read now.
pub(super) async fn check<L: Bus, E: Events>(context: &Context<L>, mut events: E) -> Result<(), bus::Error> {
    let here = context.place.shard;
    for to in context.place.shards.all().filter(|shard| *shard != here) {
        match sent(context, &mut events, to).await {
            Ok(_) => {}
            Err(Failed::Log(error @ bus::Error::LostData { .. })) => return Err(error),
            // Its sender will say so, again and again.
            Err(failed) => debug!(%to, "can't see what was sent to shard {to}: {failed}"),
        }
    }
    Ok(())
}

/// The last copy in the log of shard `to`: its sequence, or 0, and the number of its last event. An event that the table does not have
/// was decided in a log that has since lost it.
async fn sent<L: Bus, E: Events>(
    context: &Context<L>,
    events: &mut E,
    to: Shard,
) -> Result<(u64, i64), Failed> {
    let here = context.place.shard;
    let subject = envelopes(to, context.service, here);
    let (after, last) = context.bus.last(to, &subject).await?;
    let Some(copy) = last else { return Ok((after, 0)) };
    let last = envelope::split(&copy.payload)
        .ok()
        .and_then(|events| envelope::read(events.last()?).ok());
    let number = match last {
        Some(event) => events.number(event.id).await?,
        None => None,
    };
    let lost = || bus::Error::LostData {
        stream: stream::name(here),
        how: Loss::Copied {
            shard: to,
            sequence: copy.sequence,
        },
    };
    Ok((after, number.ok_or_else(lost)?))
}

struct Sender<'a, L, E> {
    context: &'a Context<L>,
    events: E,
    writer: &'a str,
    changed: watch::Receiver<i64>,
    to: Shard,
}

impl<L: Bus, E: Events> Sender<'_, L, E> {
    async fn run(mut self) -> bus::Error {
        let here = self.context.place.shard;
        loop {
            match self.until_refused().await {
                Ok(()) => {}
                Err(Failed::Log(error @ bus::Error::LostData { .. })) => return error,
                Err(failed) => {
                    warn!(to = %self.to, "can't send copies to shard {}: {failed}", self.to);
                    let why = failed.to_string();
                    self.context.board.publishes(here, self.to, Some(why));
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// Sends until a copy is refused, because another sender has sent.
    async fn until_refused(&mut self) -> Result<(), Failed> {
        let place = self.context.place;
        let subject = envelopes(self.to, self.context.service, place.shard);
        let (mut after, mut mark) = sent(self.context, &mut self.events, self.to).await?;
        loop {
            self.changed.borrow_and_update();
            let events = self.events.to(self.to, mark, READ).await?;
            self.context.meter.pending(self.to, events.len());
            if events.is_empty() {
                // Whatever hindered it is over.
                self.context.board.publishes(place.shard, self.to, None);
                if self.changed.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                continue;
            }
            let copies: Vec<Decision> = events.into_iter().map(Decision::alone).collect();
            for envelope in cut(&copies, self.context.limits) {
                let message = Append {
                    shard: self.to,
                    subject: subject.clone(),
                    payload: Bytes::from(envelope::join(envelope.iter().map(|event| &*event.json))),
                    writer: self.writer.to_owned(),
                    after,
                };
                let _while_open = self.context.copies.read().await;
                match self.context.bus.append(&message).await? {
                    Some(sequence) => after = sequence,
                    None => return Ok(()),
                }
                mark = envelope.last().map_or(mark, |event| event.no);
            }
        }
    }
}
