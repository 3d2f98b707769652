//! The rules of credit-svc: what an account may *receive*, and the register of accounts.
//!
//! | input | decision |
//! |---|---|
//! | `account.debited` | `account.credited`, or `credit.refused` |
//! | `open`, `freeze`, `unfreeze` | `account.opened`, `account.frozen`, `account.unfrozen`, or `request.refused` |
//! | `close` | `account.closing`, or `request.refused` |
//! | `closure.accepted` | `account.closed` |
//! | `closure.refused` | none: the account receives again |
//!
//! Pure: no clock, no randomness, no I/O.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod decide;
mod state;

pub use state::{Account, Keys, Standing, State};

use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Event, Fact};
use wallet_contract::subject::Service;

/// The core of credit-svc.
#[derive(Debug)]
pub struct Credit;

impl Decider for Credit {
    type Keys = Keys;
    type State = State;

    fn concerns(input: &Input, place: Place) -> bool {
        match input {
            Input::Request(request) => request.verb.decided_by() == Service::Credit,
            Input::Event(event) => match &event.fact {
                Fact::AccountDebited(movement) => place.owns(&movement.payee),
                Fact::ClosureAccepted(account) | Fact::ClosureRefused(account, _) => place.owns(account),
                Fact::AccountOpened(..)
                | Fact::AccountFrozen(_)
                | Fact::AccountUnfrozen(_)
                | Fact::AccountClosing(_)
                | Fact::AccountClosed(_)
                | Fact::DebitRefused(..)
                | Fact::DebitReversed(..)
                | Fact::AccountCredited(_)
                | Fact::CreditRefused(..)
                | Fact::TransferSettled(_)
                | Fact::TransferFailed(..)
                | Fact::RequestRefused(..)
                | Fact::MessageParked(_) => false,
            },
        }
    }

    fn touches(input: &Input, _place: Place, keys: &mut Keys) {
        let account = match input {
            Input::Request(request) => request.account.clone(),
            Input::Event(event) => match event.fact.movement() {
                Some(movement) => movement.payee.clone(),
                None => event.fact.account(),
            },
        };
        keys.accounts.insert(account);
    }

    fn hear(state: &mut State, heard: &Heard<'_>, _place: Place) {
        match &heard.input {
            Input::Request(_) => {}
            Input::Event(event) => state.take(event),
        }
    }

    fn decide(state: &State, input: &Input, place: Place) -> Option<Fact> {
        match input {
            Input::Request(request) => decide::request(state, request, place),
            Input::Event(event) => match &event.fact {
                Fact::AccountDebited(movement) => Some(decide::credit(state, movement)),
                Fact::ClosureAccepted(account) => Some(Fact::AccountClosed(account.clone())),
                Fact::ClosureRefused(..)
                | Fact::AccountOpened(..)
                | Fact::AccountFrozen(_)
                | Fact::AccountUnfrozen(_)
                | Fact::AccountClosing(_)
                | Fact::AccountClosed(_)
                | Fact::DebitRefused(..)
                | Fact::DebitReversed(..)
                | Fact::AccountCredited(_)
                | Fact::CreditRefused(..)
                | Fact::TransferSettled(_)
                | Fact::TransferFailed(..)
                | Fact::RequestRefused(..)
                | Fact::MessageParked(_) => None,
            },
        }
    }

    fn evolve(state: &mut State, event: &Event, _place: Place) {
        state.take(event);
    }
}
