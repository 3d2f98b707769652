//! The messages in the logs of a small world.

use wallet_contract::event::{Event, Fact, Failure, MovementFact, RequestFact};
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::shard::{Shard, Shards};
use wallet_kernel::Input;

/// The number of a message.
pub type Number = u32;

/// The effect of an event on the money of its transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// None.
    None,
    /// This amount was debited.
    Debited(i64),
    /// This amount was credited.
    Credited(i64),
    /// This amount was given back.
    Reversed(i64),
    /// The transfer has settled.
    Settled(i64),
    /// The transfer has failed.
    Failed(Failure),
}

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
    /// Its effect.
    pub effect: Effect,
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

/// The effect of an input on the money of its flow.
pub(crate) fn effect(input: &Input) -> Effect {
    let Input::Event(event) = input else {
        return Effect::None;
    };
    match &event.fact {
        Fact::Movement(movement, fact) => {
            let amount = movement.money.amount.minor();
            match fact {
                MovementFact::AccountDebited => Effect::Debited(amount),
                MovementFact::AccountCredited => Effect::Credited(amount),
                MovementFact::DebitReversed(_) => Effect::Reversed(amount),
                MovementFact::TransferSettled => Effect::Settled(amount),
                MovementFact::CreditRefused(_)
                | MovementFact::FundsReserved(_)
                | MovementFact::CreditPromised(_)
                | MovementFact::ConfirmationDeferred
                | MovementFact::ReservationReleased(..)
                | MovementFact::ReversalGranted => Effect::None,
            }
        }
        Fact::Request(_, RequestFact::TransferFailed(_, failure, _)) => Effect::Failed(*failure),
        Fact::Account(..) | Fact::Request(..) | Fact::Message(_) => Effect::None,
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
