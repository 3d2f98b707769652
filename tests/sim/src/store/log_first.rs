//! What only the loop needs in which the log decides: a transaction that stays open, the event table, and databases that forget.

use std::collections::BTreeMap;

use wallet_contract::event::Resolved;
use wallet_contract::id::EventId;
use wallet_contract::shard::Shard;
use wallet_engine::log_first::{Base, Events};
use wallet_engine::store::{Commit, Error, Outgoing, ParkedRow, Progress, TENURE_MS};
use wallet_kernel::Decider;
use wallet_kernel::memory::Memory;

use super::{Database, Shared, SimStore};
use crate::check::refold::Refold;
use crate::node::{Node, Point};
use crate::tables::Tables;

/// What a database holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Saved {
    progress: Progress,
    inbox: BTreeMap<EventId, i64>,
    events: Vec<Outgoing>,
    parked: Vec<ParkedRow>,
    resolved: Vec<(ParkedRow, Resolved)>,
    rows: Memory,
}

impl<C, T> Base for SimStore<C, T>
where
    T: Tables,
    C: Decider<Keys = <T::Core as Decider>::Keys, State = <T::Core as Decider>::State> + 'static,
{
    type Events = SimEvents<T>;

    async fn write(&mut self, commit: Commit<'_, C::State>) -> Result<(), Error> {
        self.node.pass(Point::BeforeCommit).await?;
        let now_us = self.now_us();
        let written = {
            let mut database = self.database.lock();
            if database.epoch != self.epoch {
                return Err(Error::TenureLost);
            }
            database.expires_us = now_us + TENURE_MS * 1000;
            let before = database.save();
            let written = database.write(&commit, now_us);
            self.open = Some(database.save());
            database.load(before);
            written
        };
        if let Err(constraint) = written {
            self.open = None;
            let text = format!("{}: {constraint}", self.node);
            self.node.world().breach("invariant_constraints", text);
            return Err(Error::Unfit(constraint));
        }
        Ok(())
    }

    async fn last_event(&mut self) -> Result<Option<Outgoing>, Error> {
        self.node.pass(Point::Events).await?;
        Ok(self.database.lock().events.last().cloned())
    }

    async fn settle(&mut self) -> Result<(), Error> {
        self.node.pass(Point::Settle).await?;
        let world = self.node.shared_world();
        {
            let mut database = self.database.lock();
            let Some(open) = self.open.take().filter(|_| database.epoch == self.epoch) else {
                return Err(Error::TenureLost);
            };
            database.load(open);
        }
        world.committed::<T>(&self.node, &self.database);
        self.node.pass(Point::AfterCommit).await?;
        Ok(())
    }

    async fn abandon(&mut self) {
        self.open = None;
    }

    fn event_table(&self) -> SimEvents<T> {
        SimEvents {
            marks: false,
            node: self.node.clone(),
            database: self.database.clone(),
        }
    }
}

/// An instance's view of the event table.
#[derive(Debug)]
pub(crate) struct SimEvents<T: Tables> {
    /// Whether it marks in the database what was sent: see [`crate::mutation::Mutation::MarkInDatabase`].
    pub(crate) marks: bool,
    node: Node,
    database: Shared<T>,
}

impl<T: Tables> Clone for SimEvents<T> {
    fn clone(&self) -> Self {
        Self {
            marks: self.marks,
            node: self.node.clone(),
            database: self.database.clone(),
        }
    }
}

impl<T: Tables> Events for SimEvents<T> {
    async fn number(&mut self, id: EventId) -> Result<Option<i64>, Error> {
        self.node.pass(Point::Events).await?;
        let database = self.database.lock();
        Ok(database
            .events
            .iter()
            .find(|event| event.id == id)
            .map(|event| event.no))
    }

    async fn to(&mut self, shard: Shard, after: i64, limit: i64) -> Result<Vec<Outgoing>, Error> {
        self.node.pass(Point::Events).await?;
        let mut database = self.database.lock();
        let after = if self.marks { database.mark } else { after };
        let is_next = |event: &&Outgoing| event.no > after && event.then == Some(shard);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let events: Vec<_> = database
            .events
            .iter()
            .filter(is_next)
            .take(limit)
            .cloned()
            .collect();
        if self.marks {
            database.mark = events.last().map_or(after, |last| last.no);
        }
        Ok(events)
    }
}

impl<T: Tables> Database<T> {
    fn save(&self) -> Saved {
        Saved {
            progress: self.progress,
            inbox: self.inbox.clone(),
            events: self.events.clone(),
            parked: self.parked.clone(),
            resolved: self.resolved.clone(),
            rows: self.rows.clone(),
        }
    }

    fn load(&mut self, saved: Saved) {
        let Saved {
            progress,
            inbox,
            events,
            parked,
            resolved,
            rows,
        } = saved;
        (self.progress, self.inbox, self.events) = (progress, inbox, events);
        (self.parked, self.resolved, self.rows) = (parked, resolved, rows);
    }

    /// Keeps a copy.
    pub(crate) fn keep(&mut self) {
        self.saved = Some(self.save());
    }

    /// Puts the copy back, or an empty database if there is none. The lease is gone.
    pub(crate) fn put_back(&mut self) {
        let saved = self.saved.clone().unwrap_or_default();
        self.load(saved);
        self.epoch += 1;
        self.expires_us = 0;
        // It is folded again from the beginning.
        self.refold = Refold::new(self.place);
    }
}
