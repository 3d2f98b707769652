//! The rules of debit-svc: what an account may *spend*.
//!
//! | input | decision |
//! |---|---|
//! | anything about a transfer | depends on its phase: see [`wallet_kernel::phase::TABLE`] |
//! | `account.closing` | `closure.accepted` at zero, else `closure.refused` |
//! | `account.opened`, `frozen`, `unfrozen` | none: the state is updated |
//!
//! Pure: no clock, no randomness, no I/O.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod decide;
mod refuse;
mod state;

pub use state::{Account, Keys, State};

use wallet_contract::event::{AccountFact, Cause, Event, Fact, Movement, MovementFact, RequestFact};
use wallet_contract::id::TransferKey;
use wallet_contract::subject::Service;
use wallet_kernel::{Decider, Heard, Input, Place};

/// The core of debit-svc.
#[derive(Debug)]
pub struct Debit;

/// The transfer that an input is about.
pub(crate) fn key(input: &Input) -> TransferKey {
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

impl Decider for Debit {
    type Keys = Keys;
    type State = State;

    fn concerns(input: &Input, place: Place) -> bool {
        match input {
            Input::Due(_) => true,
            Input::Request(request) => request.verb.decided_by() == Service::Debit,
            Input::Event(event) => match &event.fact {
                Fact::Account(account, fact) => place.owns(account) && account_concerns(fact),
                Fact::Movement(movement, fact) => movement_concerns(movement, fact, place),
                // The shard that must end the flow holds the only copy of this event.
                Fact::Request(_, fact) => matches!(fact, RequestFact::ReversalDenied(..)),
                Fact::Message(_) => false,
            },
        }
    }

    fn touches(input: &Input, place: Place, keys: &mut Keys) {
        let key = key(input);
        if let Input::Event(event) = input {
            if let Some(movement) = event.fact.movement().filter(|m| place.owns(&m.payee)) {
                keys.accounts.insert(movement.payee.clone());
            }
            if !place.owns(&key.payer)
                && !matches!(event.fact, Fact::Request(_, RequestFact::ReversalDenied(..)))
            {
                return;
            }
        }
        keys.accounts.insert(key.payer.clone());
        keys.transfers.insert(key);
    }

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        match &heard.input {
            Input::Request(request) => decide::request(state, request, heard.at_us, place),
            Input::Event(event) => decide::event(state, event, heard.at_us),
            Input::Due(due) => decide::due(state, due, heard.at_us),
        }
    }

    fn cause(state: &State, input: &Input) -> Cause {
        let cause = input.as_cause();
        let known = state.transfers.get(&key(input));
        match known.and_then(|transfer| transfer.reservation.as_ref()) {
            Some(reservation) => Cause {
                trace: reservation.trace,
                ..cause
            },
            None => cause,
        }
    }

    fn hear(state: &mut State, heard: &Heard<'_>, place: Place) {
        match &heard.input {
            Input::Request(_) | Input::Due(_) => {}
            Input::Event(event) => state.take(event, heard.at_us, place),
        }
    }

    fn evolve(state: &mut State, event: &Event, place: Place) {
        state.take(event, event.time.as_microsecond(), place);
    }
}

fn account_concerns(fact: &AccountFact) -> bool {
    match fact {
        AccountFact::AccountOpened(..)
        | AccountFact::AccountFrozen
        | AccountFact::AccountUnfrozen
        | AccountFact::AccountClosing => true,
        AccountFact::ClosureAccepted | AccountFact::ClosureRefused(_) | AccountFact::AccountClosed => false,
    }
}

fn movement_concerns(movement: &Movement, fact: &MovementFact, place: Place) -> bool {
    match fact {
        MovementFact::AccountCredited => place.owns(&movement.payee) || place.owns(&movement.payer),
        MovementFact::CreditRefused(_) | MovementFact::CreditPromised(_) | MovementFact::ReversalGranted => {
            place.owns(&movement.payer)
        }
        MovementFact::AccountDebited
        | MovementFact::DebitReversed(_)
        | MovementFact::FundsReserved(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReservationReleased(..)
        | MovementFact::TransferSettled => false,
    }
}
