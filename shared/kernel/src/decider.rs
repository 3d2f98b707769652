//! The interface of a core: the rules of one service on one shard.
//!
//! A service decides with three total, synchronous functions. The shard loop calls them in log order: `decide` on an input, given the
//! state before it; `hear`, which applies the input; and `evolve`, which applies the decision. Each input reaches a core once, because
//! the inbox drops repeats.

use wallet_contract::event::{Cause, Event, Fact};
use wallet_contract::id::AccountId;
use wallet_contract::shard::{Shard, Shards};

use crate::input::{Heard, Input};

/// The shard that a core decides on.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The shard.
    pub shard: Shard,
    /// The number of shards.
    pub shards: Shards,
}

impl Place {
    /// Whether `account` belongs to this shard.
    pub fn owns(&self, account: &AccountId) -> bool {
        self.shards.of(account) == self.shard
    }
}

/// A service's rules.
pub trait Decider {
    /// The keys of the rows that a batch of inputs touches, so that the rows can be loaded.
    type Keys: Default + Send + Sync;
    /// Those rows, with their changes.
    type State: Default + Send + Sync;

    /// Whether this service must handle `input` on this shard.
    fn concerns(input: &Input, place: Place) -> bool;

    /// Adds the keys of the rows that `input` touches.
    fn touches(input: &Input, place: Place, keys: &mut Self::Keys);

    /// Decides on an input, given the state before it; `None` if there is nothing to decide.
    fn decide(state: &Self::State, heard: &Heard<'_>, place: Place) -> Option<Fact>;

    /// The cause to record for a decision on `input`. A later request of a flow continues the flow's trace.
    fn cause(_state: &Self::State, input: &Input) -> Cause {
        input.as_cause()
    }

    /// Applies a request, or another service's event.
    fn hear(state: &mut Self::State, heard: &Heard<'_>, place: Place);

    /// Applies this service's own event.
    fn evolve(state: &mut Self::State, event: &Event, place: Place);
}
