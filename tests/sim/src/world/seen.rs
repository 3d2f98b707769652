//! Observes the world: commits as they happen, whether everything is quiet, and the final totals.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use wallet_contract::log::LogPlace;
use wallet_contract::parking::{Action, Instruction};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, parking};
use wallet_engine::store::ParkedRow;

use super::{State, World};
use crate::check::Breach;
use crate::check::refold::{Live, Refold, invariant_refold_equals_live, invariant_the_log_is_ahead};
use crate::coverage::{Coverage, invariant_cell_can_be};
use crate::history::{History, Line};
use crate::node::{Node, Site};
use crate::store::{Database, Shared};
use crate::tables::Tables;

impl World {
    /// An instance has committed: compares the database with the log.
    pub(crate) fn committed<T: Tables>(&self, node: &Node, shared: &Shared<T>) {
        let mut database = shared.lock();
        let mut state = self.state();
        for cell in node.cells() {
            state.coverage.count(cell, true);
            if let Err(breach) = invariant_cell_can_be(cell) {
                state.breach.get_or_insert(breach);
            }
        }
        let place = database.place;
        let log = state.logs[usize::from(place.shard.0)].durable();
        let (refold, live) = compared(&mut database);
        let ahead = invariant_the_log_is_ahead::<T>(place, live, log);
        if let Err(breach) = ahead.and_then(|()| invariant_refold_equals_live::<T>(refold, live, log)) {
            state.breach.get_or_insert(breach);
        }
        let (position, last) = (database.progress.position, database.progress.last_no);
        let text = format!("{node} commits to {position}, event {last}");
        state.history.add(self.time.now_us(), Line::Text(text));
    }

    /// Counts what an instance has decided and not committed.
    pub(crate) fn count_void(&self, node: &Node) {
        let cells = node.cells();
        let mut state = self.state();
        for cell in cells {
            state.coverage.count(cell, false);
        }
    }

    /// Whether every service has read all of its log, and every log has its copies.
    pub(crate) fn is_quiet(&self) -> bool {
        let state = self.state();
        let ends: Vec<u64> = state.logs.iter().map(|log| log.durable().len() as u64).collect();
        let starting = state.starting > 0;
        drop(state);
        let copied = self.checks(|logs| logs.halves.is_empty());
        !starting
            && copied
            && is_at(&self.debit, &ends)
            && is_at(&self.credit, &ends)
            && is_at(&self.ledger, &ends)
    }

    /// Keeps a copy of a site's database.
    pub(crate) fn save(&self, site: Site) {
        let shard = usize::from(site.shard);
        match site.service {
            Service::Debit => self.debit[shard].lock().keep(),
            Service::Credit => self.credit[shard].lock().keep(),
            Service::Ledger => self.ledger[shard].lock().keep(),
        }
    }

    /// Puts the copy of a site's database back. Its instances die.
    pub(crate) fn put_back(self: &Arc<Self>, site: Site, after: Duration) {
        for node in self.living(site) {
            node.kill();
        }
        let shard = usize::from(site.shard);
        match site.service {
            Service::Debit => self.debit[shard].lock().put_back(),
            Service::Credit => self.credit[shard].lock().put_back(),
            Service::Ledger => self.ledger[shard].lock().put_back(),
        }
        self.restart(site, after);
    }

    /// A site's unresolved parked messages that belong to transfers: the first of each transfer.
    pub(crate) fn waiting(&self, site: Site) -> Vec<LogPlace> {
        let shard = usize::from(site.shard);
        match site.service {
            Service::Debit => waiting(&self.debit[shard]),
            Service::Credit => waiting(&self.credit[shard]),
            Service::Ledger => waiting(&self.ledger[shard]),
        }
    }

    /// An operator has a site retry its parked messages.
    pub(crate) fn retry(&self, site: Site) {
        for place in self.waiting(site) {
            self.instruct(site, place, Action::Retry);
        }
    }

    /// Operators resolve the first unresolved parked request of a site, each with an instruction.
    pub(crate) fn see_to(&self, site: Site, words: &[Action]) {
        let shard = usize::from(site.shard);
        let place = match site.service {
            Service::Debit => unread(&self.debit[shard]),
            Service::Credit => unread(&self.credit[shard]),
            Service::Ledger => None,
        };
        for word in words {
            if let Some(place) = place {
                self.instruct(site, place, word.clone());
            }
        }
    }

    fn instruct(&self, site: Site, place: LogPlace, action: Action) {
        let instruction = Instruction { place, action };
        let shard = Shard(site.shard);
        let stored = self.store(shard, parking(shard, site.service), instruction.write().into());
        self.acknowledge(shard, stored);
    }

    /// The progress of every service, to explain why the simulation is not quiet.
    pub(crate) fn standing(&self) -> String {
        let ends = self
            .shards
            .all()
            .map(|shard| self.log(shard, |log| log.durable().len()));
        let ends: Vec<usize> = ends.collect();
        format!(
            "logs end at {ends:?}; {} {} {}",
            told(&self.debit),
            told(&self.credit),
            told(&self.ledger)
        )
    }

    /// Ends the simulation: stops all instances and returns what was observed.
    pub(crate) fn finish(&self) -> (History, Coverage, Option<Breach>, u64) {
        let nodes = std::mem::take(&mut self.state().nodes);
        for node in &nodes {
            self.count_void(node);
            node.kill();
        }
        let mut state = self.state();
        let State {
            logs,
            checks,
            history,
            coverage,
            breach,
            ..
        } = &mut *state;
        for log in logs {
            history.keep(log.durable());
        }
        (
            std::mem::take(history),
            std::mem::take(coverage),
            breach.take(),
            checks.ended,
        )
    }
}

/// A database's refold, and what is compared with it.
fn compared<T: Tables>(database: &mut Database<T>) -> (&mut Refold<T::Core>, Live<'_>) {
    let live = Live {
        position: database.progress.position,
        inbox: &database.inbox,
        events: &database.events,
        parked: &database.parked,
        resolved: &database.resolved,
        rows: &database.rows,
    };
    (&mut database.refold, live)
}

fn waiting<T: Tables>(shared: &Shared<T>) -> Vec<LogPlace> {
    let database = shared.lock();
    let mut known = BTreeSet::new();
    let first = database
        .aside()
        .filter(|row| row.transfer.is_some_and(|transfer| known.insert(transfer)));
    first.map(|row| row.place).collect()
}

/// The first unreadable request that is not resolved.
fn unread<T: Tables>(shared: &Shared<T>) -> Option<LogPlace> {
    let database = shared.lock();
    let is_request = |row: &&ParkedRow| row.transfer.is_none() && row.subject.contains(".cmd.");
    let first = database.aside().find(is_request);
    first.map(|row| row.place)
}

fn is_at<T: Tables>(databases: &[Shared<T>], ends: &[u64]) -> bool {
    let mut both = databases.iter().zip(ends);
    both.all(|(shared, end)| shared.lock().progress.position == *end)
}

fn told<T: Tables>(databases: &[Shared<T>]) -> String {
    let each = databases
        .iter()
        .map(|shared| shared.lock().progress.position.to_string());
    format!("{} {}", T::SERVICE, each.collect::<Vec<_>>().join(", "))
}
