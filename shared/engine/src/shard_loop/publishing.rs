//! Publishes committed batches in order, while the next one is decided.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tracing::{debug, info};

use super::{Context, Ended};
use crate::bus::{self, Bus, Notice};
use crate::store::{Outgoing, Progress, Store};

/// How many stored events are republished at once.
const REPUBLISH: i64 = 2_000;

/// A batch to be published.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) events: Vec<Outgoing>,
    pub(super) notices: Vec<Notice>,
    /// When the last of it was committed.
    pub(super) committed: Option<Timestamp>,
}

impl Decided {
    pub(super) fn append(&mut self, mut more: Self) {
        self.events.append(&mut more.events);
        self.notices.append(&mut more.notices);
        self.committed = self.committed.max(more.committed);
    }
}

/// Publishes what was committed. Some of it may already be in the log; the inboxes drop the copies.
pub(super) async fn republish<S: Store, B: Bus>(
    store: &mut S,
    context: &Context<B>,
    progress: Progress,
    published: &AtomicI64,
) -> Result<(), Ended> {
    let mut after = progress.published;
    while after < progress.last_no {
        let events = store.events(after, REPUBLISH).await?;
        let Some(last) = events.last() else { break };
        after = last.no;
        let (shard, count) = (context.place.shard, events.len());
        info!(%shard, events = count, "republishing events up to {after}");
        let waits_for = format!(
            "publishing {count} committed events, up to number {after}; NATS has not acknowledged them yet"
        );
        context.board.starting(shard, waits_for);
        context.publisher().publish(&events, None).await?;
        published.store(after, Ordering::Release);
        store
            .renew(Progress {
                published: after,
                ..progress
            })
            .await?;
    }
    Ok(())
}

/// Reports the progress, and hands a committed batch to the publisher.
pub(super) async fn hand_over<B>(
    context: &Context<B>,
    progress: Progress,
    published: &AtomicI64,
    decided: &mpsc::Sender<Decided>,
    batch: Decided,
) -> Result<(), Ended> {
    context.board.advance(context.place.shard, progress.position);
    context.meter.handled(progress.position);
    if !batch.events.is_empty() || !batch.notices.is_empty() {
        let unpublished = progress.last_no - published.load(Ordering::Acquire);
        context.meter.unpublished(unpublished);
        let closed = |_| bus::Error::Nats("the publisher has stopped".to_owned());
        decided.send(batch).await.map_err(closed)?;
    }
    Ok(())
}

/// Publishes the batches it receives, for ever.
pub(super) async fn publish<B: Bus>(
    context: &Context<B>,
    published: &AtomicI64,
    mut to_publish: mpsc::Receiver<Decided>,
) -> Result<(), Ended> {
    while let Some(batch) = to_publish.recv().await {
        let began = (context.clock)();
        for notice in batch.notices {
            if let Err(error) = context.bus.notify(notice).await {
                // A caller that is waiting will ask again; the ledger has the outcome.
                debug!(%error, "could not notify: {error}");
            }
        }
        let Some(last) = batch.events.last() else { continue };
        let publisher = context.publisher();
        publisher.publish(&batch.events, batch.committed).await?;
        published.store(last.no, Ordering::Release);
        context.meter.unpublished(0);
        context.meter.published((context.clock)().duration_since(began));
    }
    Ok(())
}
