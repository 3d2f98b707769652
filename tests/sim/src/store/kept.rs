//! The event table, and databases that forget.

use std::collections::BTreeMap;

use wallet_contract::event::Resolved;
use wallet_contract::id::EventId;
use wallet_contract::shard::Shard;
use wallet_engine::store::{Error, Events, Outgoing, ParkedRow, Progress};
use wallet_kernel::memory::Memory;

use super::{Database, Shared};
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

/// An instance's view of the event table.
#[derive(Debug)]
pub(crate) struct SimEvents<T: Tables> {
    /// Whether it marks in the database what was sent: see [`crate::mutation::Mutation::MarkInDatabase`].
    pub(crate) marks: bool,
    pub(super) node: Node,
    pub(super) database: Shared<T>,
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
    pub(super) fn save(&self) -> Saved {
        Saved {
            progress: self.progress,
            inbox: self.inbox.clone(),
            events: self.events.clone(),
            parked: self.parked.clone(),
            resolved: self.resolved.clone(),
            rows: self.rows.clone(),
        }
    }

    pub(super) fn load(&mut self, saved: Saved) {
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
