//! What a core is: the rules of one service on one shard.
//!
//! A service decides with three total, synchronous functions. The shard loop calls them in the order of the log: `decide` on an
//! input, from the state before it; `hear`, which applies the input; and `evolve`, which applies the decision. Each input reaches a
//! core once: the inbox drops repeats.

use wallet_contract::event::{Cause, Event, Fact};
use wallet_contract::id::AccountId;
use wallet_contract::shard::{Shard, Shards};

use crate::input::{Heard, Input};

/// Where a core decides.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The shard whose log is read.
    pub shard: Shard,
    /// How many there are.
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
    /// The rows that inputs touch, as they must be loaded.
    type Keys: Default + Send + Sync;
    /// Those rows, and what has changed in them.
    type State: Default + Send + Sync;

    /// Whether `input` means anything to this service on this shard.
    fn concerns(input: &Input, place: Place) -> bool;

    /// Adds the rows that `input` touches.
    fn touches(input: &Input, place: Place, keys: &mut Self::Keys);

    /// Decides on what is heard, which has not been taken in yet; nothing, if there is nothing to say.
    fn decide(state: &Self::State, heard: &Heard<'_>, place: Place) -> Option<Fact>;

    /// What a decision on `input` names as its cause. A later request of a flow goes on with the flow's own trace.
    fn cause(_state: &Self::State, input: &Input) -> Cause {
        input.as_cause()
    }

    /// Takes in what a client asks or another service has decided.
    fn hear(state: &mut Self::State, heard: &Heard<'_>, place: Place);

    /// Takes in what this service has decided.
    fn evolve(state: &mut Self::State, event: &Event, place: Place);
}
