//! A core that behaves as the original and records in which cell of the phase table it makes each decision.

use std::marker::PhantomData;

use debit_core::{Keys, State};
use wallet_contract::event::{Cause, Event, Fact, RequestFact};
use wallet_contract::id::TransferKey;
use wallet_kernel::phase::Signal;
use wallet_kernel::{Decider, Heard, Input, Place};

use crate::coverage::Cell;
use crate::ill;
use crate::node;

/// debit-svc's core, watched.
#[derive(Debug)]
pub(crate) struct Watched<C>(PhantomData<fn() -> C>);

impl<C: Decider<Keys = Keys, State = State>> Decider for Watched<C> {
    type Keys = Keys;
    type State = State;

    fn concerns(input: &Input, place: Place) -> bool {
        C::concerns(input, place)
    }

    fn touches(input: &Input, place: Place, keys: &mut Keys) {
        C::touches(input, place, keys);
    }

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        node::here(|node| ill::suffer(node.world().ill(node.site()), heard.input.as_cause().transfer.0));
        if let Some(cell) = cell(state, &heard.input, place) {
            node::here(|node| node.note_cell(cell));
        }
        C::decide(state, heard, place)
    }

    fn cause(state: &State, input: &Input) -> Cause {
        C::cause(state, input)
    }

    fn hear(state: &mut State, heard: &Heard<'_>, place: Place) {
        C::hear(state, heard, place);
    }

    fn evolve(state: &mut State, event: &Event, place: Place) {
        C::evolve(state, event, place);
    }
}

/// The phase of the transfer that an input concerns, and the input as a signal.
fn cell(state: &State, input: &Input, place: Place) -> Option<Cell> {
    let (key, signal) = match input {
        Input::Request(request) => {
            let key = TransferKey {
                id: request.transfer,
                payer: request.account.clone(),
            };
            (key, Signal::of_verb(request.verb)?)
        }
        Input::Event(event) => {
            let payer = event.fact.account();
            // A credit to an account of this shard, for a transfer whose payer is on another shard.
            if !place.owns(&payer) && !matches!(event.fact, Fact::Request(_, RequestFact::ReversalDenied(..)))
            {
                return None;
            }
            let key = TransferKey {
                id: event.transfer,
                payer,
            };
            (key, Signal::of_fact(&event.fact)?)
        }
        Input::Due(due) => (due.transfer.clone(), Signal::Due),
    };
    let transfer = state.transfers.get(&key);
    Some((transfer.map(|transfer| transfer.phase), signal))
}
