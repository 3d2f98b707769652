//! The world of one simulation: the server, the databases, the instances, and the checks.
//!
//! All of it lives on one thread. The locks exist only because the loop's futures must be `Send`; they are never contended.

mod rest;
mod seen;
mod start;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use wallet_contract::shard::{Shard, Shards};
use wallet_engine::bus::{Append, Head};
use wallet_kernel::Place;

use crate::check::log::Logs;
use crate::check::{Breach, hold};
use crate::clock::Time;
use crate::coverage::Coverage;
use crate::entry::Stored;
use crate::fault::{Blow, ClockOf, Point, SHARDS, Site, Trap};
use crate::history::{History, Line};
use crate::ill::Ill;
use crate::mutation::Mutation;
use crate::node::Node;
use crate::plan::{Pace, Plan};
use crate::server::{Log, Unacknowledged};
use crate::store::Shared;

/// The world.
#[derive(Debug)]
pub(crate) struct World {
    time: Time,
    seed: u64,
    pace: Pace,
    shards: Shards,
    mutation: Option<Mutation>,
    pub(crate) debit: Vec<Shared<debit_rows::Rows>>,
    pub(crate) credit: Vec<Shared<credit_rows::Rows>>,
    pub(crate) ledger: Vec<Shared<ledger_rows::Rows>>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    logs: Vec<Log>,
    checks: Logs,
    nodes: Vec<Node>,
    /// How many instances have ever been started.
    instances: u32,
    /// How many are about to start.
    starting: usize,
    traps: Vec<Trap>,
    skews: Skews,
    /// What the program of each service on each shard can't handle.
    ills: [Option<Ill>; 6],
    history: History,
    coverage: Coverage,
    breach: Option<Breach>,
}

/// How far each clock is ahead of true time, in microseconds.
#[derive(Debug, Default)]
struct Skews {
    services: [i64; 6],
    databases: [i64; 6],
    servers: [i64; 2],
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
            checks: Logs::new(shards, false),
            nodes: Vec::new(),
            instances: 0,
            starting: 0,
            traps: Vec::new(),
            skews: Skews::default(),
            ills: [None; 6],
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

    /// What the program of a site can't handle.
    pub(crate) fn ill(&self, site: Site) -> Option<Ill> {
        self.state().ills[index(site)]
    }

    /// Sets what a site's program can't handle from now on.
    pub(crate) fn fall_ill(&self, site: Site, ill: Option<Ill>) {
        self.state().ills[index(site)] = ill;
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

    /// Sets all clocks to the time of the fastest, plus the given amount.
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

    /// A shard's server reports where its log ends and what its clock shows.
    pub(crate) fn head(&self, shard: Shard) -> Head {
        let mut state = self.state();
        let shard = usize::from(shard.0);
        let clock_us = self.time.now_us() + state.skews.servers[shard];
        state.logs[shard].head(clock_us)
    }

    /// Calls a function with a shard's log.
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

    /// Stores a message, which is not durable yet, unless another one than it names is the last on its subject.
    pub(crate) fn append(&self, append: &Append) -> Option<Unacknowledged> {
        let mut state = self.state();
        let shard = usize::from(append.shard.0);
        let at_us = self.time.now_us() + state.skews.servers[shard];
        state.logs[shard].append(append, at_us)
    }

    /// Makes everything durable: a server that answers has stored what came before.
    pub(crate) fn sync(&self, shard: Shard) {
        let last = self.log(shard, Log::last);
        self.acknowledge(shard, last);
    }

    /// Makes a message and all before it durable; false if it is lost.
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
            if let Err(found) = checks.take(shard, stored.told_us, stored.inputs()) {
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

    /// A shard's log loses durable messages. Requests that are gone no longer need a decision.
    pub(crate) fn lose_data(&self, shard: u16, messages: usize) {
        let State { logs, checks, .. } = &mut *self.state();
        let lost = logs[usize::from(shard)].lose(messages);
        checks.forget_requests(Shard(shard), lost.iter().flat_map(Stored::inputs));
    }

    /// The fault that strikes an instance at a point, if any.
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

    pub(crate) fn lay(&self, trap: Trap) {
        self.state().traps.push(trap);
    }

    /// Stops all faults: removes armed ones, resumes paused instances, and makes all clocks agree.
    pub(crate) fn calm(&self) {
        self.turn_all(0);
        let mut state = self.state();
        state.traps.clear();
        state.ills = [None; 6];
        state.nodes.iter().for_each(Node::resume);
    }

    /// A random seed for an instance.
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

    /// Records the result of a check; only the first breach counts.
    pub(crate) fn found(&self, found: Result<(), Breach>) {
        if let Err(breach) = found {
            self.state().breach.get_or_insert(breach);
        }
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.state().breach.is_some()
    }

    /// Calls a function with the checker's view of the logs.
    pub(crate) fn checks<R>(&self, look: impl FnOnce(&Logs) -> R) -> R {
        look(&self.state().checks)
    }

    /// Starts a new instance after a delay.
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
