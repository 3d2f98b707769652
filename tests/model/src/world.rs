//! A state of the world: small integers, which stand for what services remember and for the messages under way.

use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;

use crate::message::Number;

/// A state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    /// The services: those of shard 0, those of shard 1, … in the order of [`Service::ALL`].
    pub nodes: Vec<Node>,
    /// How often each request may still be delivered.
    pub left: Vec<u8>,
    /// Which requests were delivered, as bits.
    pub asked: u64,
    /// How many more crashes may happen.
    pub crashes: u8,
}

/// One service on one shard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Node {
    /// The number of its mind.
    pub mind: u32,
    /// The messages in its shard's log after its position that concern it.
    pub log: Vec<Number>,
    /// Its events that are possibly unpublished, in the order of their decisions.
    pub outbox: Vec<Outgoing>,
}

/// An event, and how far it is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Outgoing {
    /// The event.
    pub message: Number,
    /// Which destination is next.
    pub stage: Stage,
}

/// How far an event is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Nowhere yet.
    First,
    /// At its first destination.
    Then,
    /// Everywhere. It stays in the outbox only as long as a crash may cause it to be published again.
    Done,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A request reaches its shard's log.
    Ask(usize),
    /// A service reads one message and decides.
    Read(usize),
    /// An event of a service's outbox reaches a log.
    Publish(usize, usize),
    /// A service crashes before it has marked anything as published.
    Crash(usize),
    /// Something becomes due by debit-svc's clock.
    Ring(usize, usize),
}

impl World {
    /// Whether only a client, a crash or the clock could act next.
    pub fn is_still(&self) -> bool {
        let still = |node: &Node| node.log.is_empty() && node.unpublished() == 0;
        self.nodes.iter().all(still)
    }
}

impl Node {
    /// How many events of the outbox are unpublished.
    pub fn unpublished(&self) -> usize {
        self.outbox
            .iter()
            .filter(|outgoing| outgoing.stage != Stage::Done)
            .count()
    }
}

/// The number of a node.
pub fn node(shard: Shard, service: Service) -> usize {
    usize::from(shard.0) * Service::ALL.len() + service as usize
}

/// The shard and the service of a node.
pub fn who(node: usize) -> (Shard, Service) {
    let (shard, service) = (node / Service::ALL.len(), node % Service::ALL.len());
    let shard = u16::try_from(shard).expect("a small world has few shards");
    (Shard(shard), Service::ALL[service])
}
