//! The messages in the logs of a small world.

use wallet_contract::event::Event;
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::shard::{Shard, Shards};
use wallet_kernel::Input;

/// The number of a message.
pub type Number = u32;

/// A request or an event.
#[derive(Debug)]
pub struct Message {
    /// The input that a core hears.
    pub input: Input,
    /// Its id.
    pub id: EventId,
    /// Its cause's id; none for a request.
    pub cause: Option<EventId>,
    /// The number of its flow.
    pub flow: usize,
    /// Its first destination, and the second if there is one.
    pub destinations: (Shard, Option<Shard>),
    /// Which nodes hear it, indexed by node number.
    pub heard_by: Vec<bool>,
}

impl Message {
    /// The event, if it is one.
    pub fn event(&self) -> Option<&Event> {
        match &self.input {
            Input::Event(event) => Some(event),
            Input::Request(_) | Input::Due(_) => None,
        }
    }
}

/// The flow that an input belongs to.
pub(crate) fn flow(input: &Input) -> TransferKey {
    match input {
        Input::Request(request) => TransferKey {
            id: request.transfer,
            payer: request.account.clone(),
        },
        Input::Event(event) => TransferKey {
            id: event.transfer,
            payer: event.fact.account(),
        },
        Input::Due(due) => due.transfer.clone(),
    }
}

/// Where an input goes: a request to its account's shard, an event to the destinations of its fact.
pub(crate) fn destinations(input: &Input, shards: Shards) -> (Shard, Option<Shard>) {
    match input {
        Input::Event(event) => event.fact.destinations(event.source.shard, shards),
        Input::Request(request) => (shards.of(&request.account), None),
        Input::Due(due) => (shards.of(&due.transfer.payer), None),
    }
}
