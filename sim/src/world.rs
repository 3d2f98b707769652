//! The world of one simulation: the server, the databases, the instances, and who watches them.
//!
//! All of it lives on one thread. Locks are there because the loop's futures must be `Send`; nobody ever waits for one.

mod start;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use wallet_contract::decider::Place;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::Service;

use crate::check::log::Logs;
use crate::check::refold::invariant_refold_equals_live;
use crate::check::{Breach, hold};
use crate::clock::Time;
use crate::coverage::{Coverage, invariant_cell_can_be};
use crate::history::{History, Line};
use crate::mutation::Mutation;
use crate::node::{Blow, Node, Point, Site, Trap};
use crate::plan::{Pace, Plan};
use crate::server::{Log, Unacknowledged};
use crate::store::Shared;
use crate::tables::{CreditTables, DebitTables, LedgerTables, Tables};

/// Everything.
#[derive(Debug)]
pub(crate) struct World {
    time: Time,
    seed: u64,
    pace: Pace,
    shards: Shards,
    mutation: Option<Mutation>,
    pub(crate) debit: Vec<Shared<DebitTables>>,
    pub(crate) credit: Vec<Shared<CreditTables>>,
    pub(crate) ledger: Vec<Shared<LedgerTables>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    logs: Vec<Log>,
    checks: Logs,
    nodes: Vec<Node>,
    /// How many instances there ever were.
    instances: u32,
    /// How many are about to start.
    starting: usize,
    traps: Vec<Trap>,
    skews: Skews,
    history: History,
    coverage: Coverage,
    breach: Option<Breach>,
}

/// How far each clock is ahead of true time, microseconds.
#[derive(Debug, Default)]
struct Skews {
    services: [i64; 6],
    databases: [i64; 6],
    servers: [i64; 2],
}

/// Whose clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockOf {
    /// All instances of a service on a shard.
    Service(Site),
    /// Their database.
    Database(Site),
    /// The server that keeps a shard's log.
    Server(u16),
}

/// How many shards every simulation has.
pub(crate) const SHARDS: u16 = 2;

/// All services on all shards.
pub(crate) fn sites() -> impl Iterator<Item = Site> {
    (0..SHARDS).flat_map(|shard| Service::ALL.map(|service| Site { service, shard }))
}

fn index(site: Site) -> usize {
    usize::from(site.shard) * 3 + site.service as usize
}

impl World {
    pub(crate) fn new(plan: &Plan, mutation: Option<Mutation>) -> Arc<Self> {
        let shards = Shards::new(SHARDS).expect("two shards can be");
        let places = || shards.all().map(|shard| Place { shard, shards });
        let state = State {
            logs: shards.all().map(Log::new).collect(),
            checks: Logs::new(shards),
            nodes: Vec::new(),
            instances: 0,
            starting: 0,
            traps: Vec::new(),
            skews: Skews::default(),
            history: History::default(),
            coverage: Coverage::default(),
            breach: None,
        };
        Arc::new(Self {
            time: Time::begin(),
            seed: plan.seed,
            pace: plan.pace,
            shards,
            mutation,
            debit: places().map(Shared::new).collect(),
            credit: places().map(Shared::new).collect(),
            ledger: places().map(Shared::new).collect(),
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pace(&self) -> Pace {
        self.pace
    }

    /// What the clock of a service's instances shows.
    pub(crate) fn clock_us(&self, site: Site) -> i64 {
        self.time.now_us() + self.state().skews.services[index(site)]
    }

    /// What a database's clock shows.
    pub(crate) fn database_us(&self, site: Site) -> i64 {
        self.time.now_us() + self.state().skews.databases[index(site)]
    }

    /// Sets a clock forward, or back.
    pub(crate) fn turn(&self, clock: ClockOf, by_us: i64) {
        let mut state = self.state();
        let skew = match clock {
            ClockOf::Service(site) => &mut state.skews.services[index(site)],
            ClockOf::Database(site) => &mut state.skews.databases[index(site)],
            ClockOf::Server(shard) => &mut state.skews.servers[usize::from(shard)],
        };
        *skew += by_us;
    }

    /// Sets all clocks to the time of the fastest, and as far ahead as is asked.
    pub(crate) fn turn_all(&self, ahead_us: i64) {
        let skews = &mut self.state().skews;
        let all = || {
            skews
                .services
                .iter()
                .chain(&skews.databases)
                .chain(&skews.servers)
        };
        let most = all().copied().max().unwrap_or(0) + ahead_us;
        *skews = Skews {
            services: [most; 6],
            databases: [most; 6],
            servers: [most; 2],
        };
    }

    /// Looks at a shard's log.
    pub(crate) fn log<R>(&self, shard: Shard, look: impl FnOnce(&Log) -> R) -> R {
        look(&self.state().logs[usize::from(shard.0)])
    }

    /// Stores a message, which is not durable yet.
    pub(crate) fn store(&self, shard: Shard, subject: String, payload: Bytes) -> Unacknowledged {
        let mut state = self.state();
        let shard = usize::from(shard.0);
        let at_us = self.time.now_us() + state.skews.servers[shard];
        state.logs[shard].store(subject, payload, at_us)
    }

    /// Makes a message durable, with all before it; false if it is lost.
    pub(crate) fn acknowledge(&self, shard: Shard, published: Unacknowledged) -> bool {
        let at_us = self.time.now_us();
        let State {
            logs,
            checks,
            history,
            breach,
            ..
        } = &mut *self.state();
        let Some(durable) = logs[usize::from(shard.0)].acknowledge(published) else {
            return false;
        };
        for stored in durable {
            let sequence = stored.message.sequence;
            history.add(at_us, Line::Stored(shard, sequence));
            if let Err(found) = checks.take(shard, stored) {
                breach.get_or_insert(found);
            }
        }
        true
    }

    /// The server of a shard crashes.
    pub(crate) fn crash_server(&self, shard: u16) {
        let lost = self.state().logs[usize::from(shard)].crash();
        self.note(format!(
            "the server of shard {shard} crashes, {lost} messages were not durable"
        ));
    }

    /// A shard's log loses what was durable. Nobody can decide on a request that is gone.
    pub(crate) fn lose_data(&self, shard: u16, messages: usize) {
        let State { logs, checks, .. } = &mut *self.state();
        let lost = logs[usize::from(shard)].lose(messages);
        checks.forget_requests(Shard(shard), &lost);
    }

    /// What strikes an instance at a point, if something does.
    pub(crate) fn strike(&self, site: Site, point: Point) -> Option<Blow> {
        let State { traps, coverage, .. } = &mut *self.state();
        let mut struck = None;
        for (at, trap) in traps.iter_mut().enumerate() {
            if (trap.site, trap.point) == (site, point) {
                if trap.skip == 0 {
                    struck = Some(at);
                    break;
                }
                trap.skip -= 1;
            }
        }
        let blow = struck.map(|at| traps.remove(at).blow)?;
        coverage.count_blow(point, blow);
        Some(blow)
    }

    /// Lays a trap.
    pub(crate) fn lay(&self, trap: Trap) {
        self.state().traps.push(trap);
    }

    /// No more faults: traps are gone, who was paused goes on, clocks agree.
    pub(crate) fn calm(&self) {
        self.turn_all(0);
        let mut state = self.state();
        state.traps.clear();
        state.nodes.iter().for_each(Node::resume);
    }

    /// A chance of its own for an instance.
    fn chance(&self, number: u32) -> u64 {
        Rng::with_seed(self.seed ^ (u64::from(number) << 32)).u64(..)
    }

    pub(crate) fn note(&self, text: String) {
        let at_us = self.time.now_us();
        self.state().history.add(at_us, Line::Text(text));
    }

    pub(crate) fn breach(&self, invariant: &'static str, detail: String) {
        self.found(hold(invariant, false, || detail));
    }

    /// Notes what was found; the first breach counts.
    pub(crate) fn found(&self, found: Result<(), Breach>) {
        if let Err(breach) = found {
            self.state().breach.get_or_insert(breach);
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.state().breach.is_some()
    }

    /// Looks at what the logs say.
    pub(crate) fn checks<R>(&self, look: impl FnOnce(&Logs) -> R) -> R {
        look(&self.state().checks)
    }

    /// An instance has committed: holds it against the log.
    pub(crate) fn committed<T: Tables>(&self, node: &Node, shared: &Shared<T>) {
        let mut database = shared.lock();
        let mut state = self.state();
        for cell in node.cells() {
            state.coverage.count(cell, true);
            if let Err(breach) = invariant_cell_can_be(cell) {
                state.breach.get_or_insert(breach);
            }
        }
        let log = state.logs[usize::from(database.place.shard.0)].durable();
        if let Err(breach) = invariant_refold_equals_live(&mut database, log) {
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

    /// Whether every service has read all of its log, and published all that it has decided.
    pub(crate) fn is_quiet(&self) -> bool {
        let state = self.state();
        let ends: Vec<u64> = state.logs.iter().map(|log| log.durable().len() as u64).collect();
        let starting = state.starting > 0;
        drop(state);
        !starting && is_at(&self.debit, &ends) && is_at(&self.credit, &ends) && is_at(&self.ledger, &ends)
    }

    /// How far everybody is, for who wants to know why it is not quiet.
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

    /// Ends the simulation: who works stops, and what was seen is given out.
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

    /// How long until an instance is back.
    pub(crate) fn restart(self: &Arc<Self>, site: Site, after: Duration) {
        self.state().starting += 1;
        let world = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            world.state().starting -= 1;
            world.start(site);
        });
    }
}

fn is_at<T: Tables>(databases: &[Shared<T>], ends: &[u64]) -> bool {
    databases.iter().zip(ends).all(|(shared, end)| {
        let progress = shared.lock().progress;
        progress.position == *end && progress.published == progress.last_no
    })
}

fn told<T: Tables>(databases: &[Shared<T>]) -> String {
    let each = databases.iter().map(|shared| {
        let database = shared.lock();
        let progress = database.progress;
        format!("{}/{}", progress.position, progress.last_no - progress.published)
    });
    format!("{} {}", T::SERVICE, each.collect::<Vec<_>>().join(", "))
}
