//! The logs, and the three services on each shard that read them.

use std::collections::VecDeque;

use wallet_contract::event::Event;
use wallet_contract::request::Request;
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;
use wallet_invariants::log::Logs;
use wallet_kernel::testing::place;
use wallet_kernel::{Due, Input};

use super::invariants::must;
use super::reader::{Node, Stored};

pub(crate) const SHARDS: u16 = 2;
/// debit-svc's clock runs ahead in these plays, so a confirm or cancel may be late at any time of the log's.
const TOLD_US: i64 = i64::MAX;

pub(crate) struct World {
    pub(crate) nodes: Vec<Node>,
    /// Every request ever made, delivered or not.
    pub(crate) requests: Vec<Request>,
    /// The logs' clock. It never goes back.
    pub(crate) now_us: i64,
    /// The logs as the invariants have read them.
    pub(crate) checked: Logs,
    logs: Vec<Vec<Stored>>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            nodes: (0..SHARDS).map(Node::new).collect(),
            requests: Vec::new(),
            now_us: 0,
            checked: Logs::new(shards(), true),
            logs: vec![Vec::new(); usize::from(SHARDS)],
        }
    }

    /// All events, in each service's order.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.nodes.iter().flat_map(Node::events)
    }

    /// All requests that are in a log.
    pub(crate) fn delivered(&self) -> impl Iterator<Item = &Request> {
        self.logs
            .iter()
            .flatten()
            .filter_map(|stored| match &stored.input {
                Input::Request(request) => Some(request),
                Input::Event(_) | Input::Due(_) => None,
            })
    }

    /// Appends a copy of a message to its log.
    pub(crate) fn copy(&mut self, shard: usize, which: usize) {
        let log = &self.logs[shard];
        if let Some(copy) = log.get(which % log.len().max(1)).cloned() {
            self.store(shard, copy.input);
        }
    }

    /// Appends a copy of everything.
    pub(crate) fn copy_all(&mut self) {
        for shard in 0..self.logs.len() {
            for which in 0..self.logs[shard].len() {
                self.copy(shard, which);
            }
        }
    }

    pub(crate) fn deliver(&mut self, request: Request) {
        let shard = shards().of(&request.account);
        self.store(usize::from(shard.0), Input::Request(request));
    }

    pub(crate) fn deliver_all(&mut self) {
        for request in self.requests.clone() {
            self.deliver(request);
        }
    }

    /// One service reads one message, if there is one.
    pub(crate) fn step(&mut self, shard: usize, service: Service) -> bool {
        let (log, node) = (&self.logs[shard], &mut self.nodes[shard]);
        let (read, decided) = match service {
            Service::Debit => node.debit.read(log),
            Service::Credit => {
                node.credit.load(log);
                node.credit.read(log)
            }
            Service::Ledger => node.ledger.read(log),
        };
        self.publish(shard, decided);
        read
    }

    /// A service publishes to the second destination, if an event is waiting for that.
    pub(crate) fn flush(&mut self, shard: usize, service: Service) -> bool {
        let Some(event) = self.later(shard, service).pop_front() else {
            return false;
        };
        if let (_, Some(then)) = event.fact.destinations(event.source.shard, shards()) {
            self.store(usize::from(then.0), Input::Event(event));
        }
        true
    }

    /// What is due on a shard for a debit-svc whose clock is this far ahead of the log's.
    pub(crate) fn due(&self, shard: usize, ahead_us: i64) -> Vec<Due> {
        let transfers = self.nodes[shard].debit.player.state.transfers.iter();
        let due = transfers.filter(|(_, row)| row.due_us().is_some_and(|due| due <= self.now_us + ahead_us));
        let inputs = due.filter_map(|(key, row)| {
            Some(Due {
                transfer: key.clone(),
                event: row.reservation?.event,
                trace: row.reservation?.trace,
            })
        });
        inputs.collect()
    }

    /// That service hears that something is due.
    pub(crate) fn tick(&mut self, shard: usize, due: Due, ahead_us: i64) {
        let now_us = self.now_us + ahead_us;
        let decided = self.nodes[shard].debit.hear(&Input::Due(due), now_us);
        self.publish(shard, decided);
    }

    pub(crate) fn pass_every_expiry(&mut self) {
        self.now_us += 400 * 24 * 3600 * 1_000_000;
        for shard in 0..self.nodes.len() {
            for due in self.due(shard, 0) {
                self.tick(shard, due, 0);
            }
        }
    }

    pub(crate) fn until_quiet(&mut self) {
        let turns =
            || (0..usize::from(SHARDS)).flat_map(|shard| Service::ALL.map(|service| (shard, service)));
        while turns().fold(false, |moved, (shard, service)| {
            self.step(shard, service) | self.flush(shard, service) | moved
        }) {}
    }

    fn publish(&mut self, shard: usize, decided: Option<Event>) {
        let Some(event) = decided else { return };
        let (first, then) = event.fact.destinations(event.source.shard, shards());
        if then.is_some() {
            self.later(shard, event.source.service).push_back(event.clone());
        }
        self.store(usize::from(first.0), Input::Event(event));
    }

    fn later(&mut self, shard: usize, service: Service) -> &mut VecDeque<Event> {
        let node = &mut self.nodes[shard];
        match service {
            Service::Debit => &mut node.debit.later,
            Service::Credit => &mut node.credit.later,
            Service::Ledger => &mut node.ledger.later,
        }
    }

    fn store(&mut self, shard: usize, input: Input) {
        let place = self.nodes[shard].debit.player.place;
        must(self.checked.take(place.shard, TOLD_US, [&input]));
        let at_us = self.now_us;
        self.logs[shard].push(Stored { at_us, input });
    }
}

pub(crate) fn shards() -> Shards {
    place(0, SHARDS).shards
}
