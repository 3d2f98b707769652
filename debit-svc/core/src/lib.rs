//! The rules of debit-svc: what an account may *spend*.
//!
//! | input | decision |
//! |---|---|
//! | `transfer.requested` | `account.debited`, or `debit.refused`; `request.refused` if the id was used for something else |
//! | `account.credited` | none: the payee may spend it, the payer's transfer is complete |
//! | `credit.refused` | `debit.reversed`, which never fails |
//! | `account.closing` | `closure.accepted` at zero, else `closure.refused` |
//! | `account.opened`, `frozen`, `unfrozen` | none: remembered |
//!
//! Pure: no clock, no randomness, no I/O.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod decide;
mod state;

pub use state::{Account, Keys, Phase, Standing, State, Transfer};

use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::TransferKey;
use wallet_contract::subject::{Service, Verb};

/// The core of debit-svc.
#[derive(Debug)]
pub struct Debit;

impl Decider for Debit {
    type Keys = Keys;
    type State = State;

    fn concerns(input: &Input, place: Place) -> bool {
        match input {
            Input::Request(request) => request.verb.decided_by() == Service::Debit,
            Input::Event(event) => match &event.fact {
                Fact::AccountCredited(movement) => place.owns(&movement.payee) || place.owns(&movement.payer),
                Fact::CreditRefused(movement, _) => place.owns(&movement.payer),
                Fact::AccountOpened(account, ..)
                | Fact::AccountFrozen(account)
                | Fact::AccountUnfrozen(account)
                | Fact::AccountClosing(account) => place.owns(account),
                Fact::ClosureAccepted(_)
                | Fact::ClosureRefused(..)
                | Fact::AccountClosed(_)
                | Fact::AccountDebited(_)
                | Fact::DebitRefused(..)
                | Fact::DebitReversed(..)
                | Fact::TransferSettled(_)
                | Fact::TransferFailed(..)
                | Fact::RequestRefused(..)
                | Fact::MessageParked(_) => false,
            },
        }
    }

    fn touches(input: &Input, place: Place, keys: &mut Keys) {
        match input {
            Input::Request(request) => {
                keys.accounts.insert(request.account.clone());
                keys.transfers.insert(TransferKey {
                    id: request.transfer,
                    payer: request.account.clone(),
                });
            }
            Input::Event(event) => {
                if let Some(movement) = event.fact.movement() {
                    for account in [&movement.payer, &movement.payee] {
                        if place.owns(account) {
                            keys.accounts.insert(account.clone());
                        }
                    }
                    if place.owns(&movement.payer) {
                        keys.transfers.insert(TransferKey {
                            id: event.transfer,
                            payer: movement.payer.clone(),
                        });
                    }
                } else {
                    keys.accounts.insert(event.fact.account());
                }
            }
        }
    }

    fn hear(state: &mut State, heard: &Heard<'_>, place: Place) {
        match &heard.input {
            Input::Request(_) => {}
            Input::Event(event) => state.take(event, place),
        }
    }

    fn decide(state: &State, input: &Input, place: Place) -> Option<Fact> {
        match input {
            Input::Request(request) => match request.verb {
                Verb::Transfer => Some(decide::transfer(state, request, place)),
                Verb::Open | Verb::Freeze | Verb::Unfreeze | Verb::Close => None,
            },
            Input::Event(event) => match &event.fact {
                Fact::CreditRefused(movement, refusal) => {
                    decide::reversal(state, event.transfer, movement, refusal)
                }
                Fact::AccountClosing(account) => Some(decide::closure(state, account)),
                Fact::AccountOpened(..)
                | Fact::AccountFrozen(_)
                | Fact::AccountUnfrozen(_)
                | Fact::ClosureAccepted(_)
                | Fact::ClosureRefused(..)
                | Fact::AccountClosed(_)
                | Fact::AccountDebited(_)
                | Fact::DebitRefused(..)
                | Fact::DebitReversed(..)
                | Fact::AccountCredited(_)
                | Fact::TransferSettled(_)
                | Fact::TransferFailed(..)
                | Fact::RequestRefused(..)
                | Fact::MessageParked(_) => None,
            },
        }
    }

    fn evolve(state: &mut State, event: &Event, place: Place) {
        state.take(event, place);
    }
}
