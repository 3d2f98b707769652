//! Cores with a planted mistake, which the checker must find.

use std::fmt::Debug;
use std::marker::PhantomData;

use wallet_contract::event::{Cause, Event, Fact};
use wallet_contract::subject::Service;
use wallet_invariants::rows::Accounts;
use wallet_kernel::{Decider, Heard, Input, Place};

use crate::core::{Alarm, Core};

/// A mistake in the rules of a core.
pub trait Bend: Debug + Send + Sync + 'static {
    /// The core whose rules it bends.
    type Core: Core;
    /// Whether the inbox still works.
    const INBOX: bool = true;

    /// The faulty decision.
    fn decide(state: &<Self::Core as Decider>::State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        Self::Core::decide(state, heard, place)
    }
}

/// A core with a planted mistake.
#[derive(Debug)]
pub struct Bent<B>(PhantomData<B>);

impl<B: Bend> Decider for Bent<B> {
    type Keys = <B::Core as Decider>::Keys;
    type State = <B::Core as Decider>::State;

    fn concerns(input: &Input, place: Place) -> bool {
        B::Core::concerns(input, place)
    }

    fn touches(input: &Input, place: Place, keys: &mut Self::Keys) {
        B::Core::touches(input, place, keys);
    }

    fn decide(state: &Self::State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        B::decide(state, heard, place)
    }

    fn cause(state: &Self::State, input: &Input) -> Cause {
        B::Core::cause(state, input)
    }

    fn hear(state: &mut Self::State, heard: &Heard<'_>, place: Place) {
        B::Core::hear(state, heard, place);
    }

    fn evolve(state: &mut Self::State, event: &Event, place: Place) {
        B::Core::evolve(state, event, place);
    }
}

impl<B: Bend> Core for Bent<B> {
    const SERVICE: Service = B::Core::SERVICE;
    const INBOX: bool = B::INBOX;

    fn load(state: &mut Self::State, input: &Input, place: Place, said: &[&Event]) {
        B::Core::load(state, input, place, said);
    }

    fn forget(state: &mut Self::State) {
        B::Core::forget(state);
    }

    fn accounts(state: &Self::State) -> Accounts {
        B::Core::accounts(state)
    }

    fn alarms(state: &Self::State) -> Vec<Alarm> {
        B::Core::alarms(state)
    }

    fn is_busy(state: &Self::State) -> bool {
        B::Core::is_busy(state)
    }

    fn is_consistent(state: &Self::State) -> bool {
        B::Core::is_consistent(state)
    }
}
