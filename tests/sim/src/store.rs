//! The simulated database of a (service, shard), and an instance's connection to it.
//!
//! Committed data lives in memory and survives every instance. A commit is atomic, checks the epoch of the lease, and rejects
//! what the tables' constraints reject. Every commit is compared with a refold of the log: see [`Refold`].

mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wallet_contract::event::Resolved;
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_engine::bus::Notice;
use wallet_engine::store::TENURE_MS;
use wallet_engine::store::{Blocked, Commit, Error, Found, Outgoing, ParkedRow, Progress, Store, Tenure};
use wallet_kernel::memory::Memory;
use wallet_kernel::{Cell, Decider, Due, Heard, Place, Reads, Writes};

use crate::check::refold::Refold;
use crate::ill;
use crate::node::{Failed, Node, Point};
use crate::tables::Tables;
use kept::Saved;
pub(crate) use kept::SimEvents;

/// Committed data.
#[derive(Debug)]
pub(crate) struct Database<T: Tables> {
    pub(crate) place: Place,
    pub(crate) progress: Progress,
    pub(crate) epoch: i64,
    holder: u32,
    expires_us: i64,
    /// The inbox: each handled message, and when it was handled.
    pub(crate) inbox: BTreeMap<EventId, i64>,
    pub(crate) events: Vec<Outgoing>,
    /// Every message ever parked, and how it was resolved.
    pub(crate) parked: Vec<ParkedRow>,
    pub(crate) resolved: Vec<(ParkedRow, Resolved)>,
    pub(crate) rows: Memory,
    pub(crate) refold: Refold<T::Core>,
    /// See [`SimEvents::marks`].
    mark: i64,
    /// A copy that may be put back.
    saved: Option<Saved>,
}

/// A database that instances share.
#[derive(Debug)]
pub(crate) struct Shared<T: Tables>(Arc<Mutex<Database<T>>>);

impl<T: Tables> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Tables> Shared<T> {
    pub(crate) fn new(place: Place) -> Self {
        let database = Database {
            place,
            progress: Progress::default(),
            epoch: 0,
            holder: 0,
            expires_us: 0,
            inbox: BTreeMap::new(),
            events: Vec::new(),
            parked: Vec::new(),
            resolved: Vec::new(),
            rows: Memory::default(),
            refold: Refold::new(place),
            mark: 0,
            saved: None,
        };
        Self(Arc::new(Mutex::new(database)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Database<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The instance's open transaction: what the database will hold.
type Open = Option<Saved>;

/// One instance's connection.
#[derive(Debug)]
pub(crate) struct SimStore<C, T: Tables> {
    open: Open,
    pub(crate) node: Node,
    pub(crate) database: Shared<T>,
    pub(crate) epoch: i64,
    core: PhantomData<fn() -> C>,
}

impl<C, T: Tables> SimStore<C, T> {
    pub(crate) fn new(node: Node, database: Shared<T>) -> Self {
        Self {
            open: None,
            node,
            database,
            epoch: 0,
            core: PhantomData,
        }
    }

    /// Rules may panic only in an instance that has been replaced: it combined current rows with an old batch.
    fn judge_panic(&self, epoch: i64, text: &str) {
        let text = format!("{}: {text}", self.node);
        if epoch == self.epoch && !text.contains(ill::POISON) {
            self.node.world().breach("invariant_nothing_panics", text);
        } else {
            self.node.world().note(text);
        }
    }

    /// What the database's clock shows.
    pub(crate) fn now_us(&self) -> i64 {
        self.node.world().database_us(self.node.site())
    }
}

impl From<Failed> for Error {
    fn from(_: Failed) -> Self {
        Self::Database {
            source: "the simulated database does not answer".into(),
            by_constraint: false,
        }
    }
}

impl<C, T> Store for SimStore<C, T>
where
    T: Tables,
    C: Decider<Keys = <T::Core as Decider>::Keys, State = <T::Core as Decider>::State> + 'static,
{
    type Core = C;
    type Events = SimEvents<T>;

    async fn acquire(&mut self) -> Result<Tenure, Error> {
        self.node.pass(Point::Acquire).await?;
        let now_us = self.now_us();
        let mut database = self.database.lock();
        if let Some(text) = self.node.panicked() {
            self.judge_panic(database.epoch, &text);
        }
        if database.holder != self.node.number() && database.expires_us >= now_us {
            return Ok(Tenure::Held {
                by: format!("instance {}", database.holder),
                expires_in_ms: (database.expires_us - now_us) / 1000,
                whole_from: database.progress.whole_from,
            });
        }
        database.holder = self.node.number();
        database.epoch += 1;
        database.expires_us = now_us + TENURE_MS * 1000;
        self.epoch = database.epoch;
        Ok(Tenure::Ours(database.progress))
    }

    async fn renew(&mut self, progress: Progress) -> Result<(), Error> {
        self.node.pass(Point::Renew).await?;
        let now_us = self.now_us();
        let mut database = self.database.lock();
        if database.epoch != self.epoch {
            return Err(Error::TenureLost);
        }
        database.expires_us = now_us + TENURE_MS * 1000;
        database.progress = progress;
        Ok(())
    }

    async fn release(&mut self, progress: Progress) -> Result<(), Error> {
        self.node.pass(Point::Release).await?;
        let mut database = self.database.lock();
        if database.epoch == self.epoch {
            database.expires_us = 0;
            database.progress = progress;
        }
        Ok(())
    }

    async fn find(&mut self, causes: &[EventId], keys: &C::Keys) -> Result<Found<C>, Error> {
        self.node.world().count_void(&self.node);
        self.node.pass(Point::Find).await?;
        let database = self.database.lock();
        let known = causes.iter().filter(|cause| database.inbox.contains_key(cause));
        let known = known.map(|cause| cause.0).collect();
        let mut reads = Reads::default();
        T::reads(keys, &mut reads);
        let mut found = database
            .rows
            .find(&reads, |first, last| database.decided_between(first, last));
        Ok((known, T::state(keys, &mut found)?))
    }

    async fn due(&mut self, now_us: i64, limit: i64) -> Result<Vec<Due>, Error> {
        self.node.pass(Point::Due).await?;
        let found = T::due(now_us, limit).map(|scan| self.database.lock().rows.scan(&scan));
        let due = found
            .map(|mut found| T::found_due(&mut found))
            .transpose()?
            .unwrap_or_default();
        if !due.is_empty() {
            self.node.pass(Point::AfterDue).await?;
        }
        Ok(due)
    }

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

    async fn blocked(&mut self) -> Result<Blocked, Error> {
        self.node.pass(Point::Blocked).await?;
        let database = self.database.lock();
        Ok(Blocked::by(database.aside()))
    }

    async fn parked(&mut self, place: LogPlace) -> Result<Vec<ParkedRow>, Error> {
        self.node.pass(Point::Parked).await?;
        let database = self.database.lock();
        let named = |row: &&ParkedRow| row.place == place;
        let mut rows: Vec<ParkedRow> = database.aside().filter(named).cloned().collect();
        loop {
            let with = Blocked::by(&rows);
            let waits = |row: &&ParkedRow| {
                row.transfer
                    .is_some_and(|transfer| with.holds(transfer, row.account.as_deref()))
            };
            let more: Vec<ParkedRow> = database
                .aside()
                .filter(|row| named(row) || waits(row))
                .cloned()
                .collect();
            if more.len() == rows.len() {
                break;
            }
            rows = more;
        }
        rows.sort_by_key(|row| row.place);
        let ill = self.node.world().ill(self.node.site());
        for row in &mut rows {
            ill::read_again(ill, &mut row.body);
        }
        Ok(rows)
    }

    async fn notices(&mut self, state: &C::State, _repeats: &[Heard<'_>]) -> Result<Vec<Notice>, Error> {
        self.node.pass(Point::Notices).await?;
        Ok(T::notices(state))
    }
}

impl<T: Tables> Database<T> {
    /// The parked messages that are not resolved.
    pub(crate) fn aside(&self) -> impl Iterator<Item = &ParkedRow> {
        let seen_to = move |row: &ParkedRow| self.resolved.iter().any(|(other, _)| other.place == row.place);
        self.parked.iter().filter(move |row| !seen_to(row))
    }

    /// The decisions in flows whose ids lie in a range, as JSON.
    fn decided_between(&self, first: &Cell, last: &Cell) -> Vec<String> {
        let within = |event: &&Outgoing| *first <= Cell::Uuid(event.id.0) && Cell::Uuid(event.id.0) <= *last;
        self.events
            .iter()
            .filter(within)
            .map(|event| event.json.clone())
            .collect()
    }

    /// One transaction; nothing is written if a constraint rejects it.
    fn write(&mut self, commit: &Commit<'_, <T::Core as Decider>::State>, now_us: i64) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        for heard in commit.heard {
            let id = heard.input.as_cause().id;
            if self.inbox.contains_key(&id) || !ids.insert(id) {
                return Err(format!("the inbox has {id} already"));
            }
        }
        let mut next = self.events.len();
        for event in commit.events {
            next += 1;
            if usize::try_from(event.no) != Ok(next) {
                return Err(format!("event {} is numbered {}, not {next}", event.id, event.no));
            }
        }
        T::check(commit.state)?;
        let handled = T::handled(commit.heard, commit.decisions, self.place);
        let mut writes = Writes::default();
        T::writes(commit.state, &handled, &mut writes);
        self.rows.write(&writes)?;
        self.inbox.extend(ids.into_iter().map(|id| (id, now_us)));
        self.events.extend(commit.events.iter().cloned());
        self.parked.extend(commit.parked.iter().cloned());
        self.resolved.extend(commit.resolved.iter().cloned());
        self.progress = commit.progress;
        Ok(())
    }
}
