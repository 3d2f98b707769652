//! The rules of credit-svc: what an account may *receive*, and the register of accounts.
//!
//! | input | decision |
//! |---|---|
//! | `account.debited` | `account.credited`, or `credit.refused`; a promised credit is always made |
//! | `funds.reserved` | `credit.promised`, or `credit.refused` |
//! | `reservation.released` | none: the promise ends |
//! | `reverse` | `reversal.granted`, or `reversal.denied`; `request.refused` if the id was used for another reversal |
//! | `debit.refused`, `debit.reversed` of a reversal | none: that reversal gives nothing back |
//! | `open`, `freeze`, `unfreeze` | `account.opened`, `account.frozen`, `account.unfrozen`, or `request.refused` |
//! | `close` | `account.closing`, or `request.refused` |
//! | `closure.accepted` | `account.closed` |
//! | `closure.refused` | none: the account can receive again |
//!
//! Pure: no clock, no randomness, no I/O.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod decide;
mod state;

pub use state::{Account, Keys, Promise, PromiseStanding, Reversal, State};

use wallet_contract::event::{AccountFact, Event, Fact, Movement, MovementFact, RequestFact};
use wallet_contract::id::TransferKey;
use wallet_contract::request::Order;
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::{Decider, Heard, Input, Place};

/// The core of credit-svc.
#[derive(Debug)]
pub struct Credit;

/// The transfer that an event is about.
pub(crate) fn key(event: &Event) -> TransferKey {
    TransferKey {
        id: event.transfer,
        payer: event.fact.account(),
    }
}

/// Whether this event of debit-svc ends a reversal without giving anything back.
fn undoes_reversal(event: &Event) -> bool {
    let is_reversal = |movement: &Movement| movement.reverses.is_some();
    let undoes = match &event.fact {
        Fact::Movement(movement, MovementFact::DebitReversed(_)) => is_reversal(movement),
        Fact::Request(_, RequestFact::DebitRefused(movement, ..)) => {
            movement.as_ref().is_some_and(is_reversal)
        }
        Fact::Request(_, RequestFact::RequestRefused(verb, _)) => *verb == Verb::Reverse,
        Fact::Account(..) | Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => false,
    };
    undoes && event.source.service == Service::Debit
}

impl Decider for Credit {
    type Keys = Keys;
    type State = State;

    fn concerns(input: &Input, place: Place) -> bool {
        match input {
            Input::Due(_) => false,
            Input::Request(request) => request.verb.decided_by() == Service::Credit,
            Input::Event(event) => match &event.fact {
                Fact::Account(account, fact) => place.owns(account) && account_concerns(fact),
                Fact::Movement(movement, fact) => {
                    place.owns(&movement.payee) && movement_concerns(fact) || undoes_reversal(event)
                }
                Fact::Request(..) => undoes_reversal(event),
                Fact::Message(_) => false,
            },
        }
    }

    fn touches(input: &Input, _place: Place, keys: &mut Keys) {
        match input {
            Input::Due(_) => {}
            Input::Request(request) => {
                if let Ok(Order::Reverse(movement)) = &request.order {
                    keys.reverse(request, movement);
                } else {
                    keys.accounts.insert(request.account.clone());
                }
            }
            Input::Event(event) if undoes_reversal(event) => {
                keys.reversals.insert(key(event));
            }
            Input::Event(event) => {
                let Some(movement) = event.fact.movement() else {
                    keys.accounts.insert(event.fact.account());
                    return;
                };
                keys.accounts.insert(movement.payee.clone());
                // A reservation is new, so there is no promise to load; later events of it load the promise.
                if movement.reserved.is_some()
                    || matches!(
                        event.fact,
                        Fact::Movement(_, MovementFact::ReservationReleased(..))
                    )
                {
                    keys.promises.insert(key(event));
                }
            }
        }
    }

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        match &heard.input {
            Input::Due(_) => None,
            Input::Request(request) if request.verb == Verb::Reverse => {
                Some(decide::reverse(state, request, place))
            }
            Input::Request(request) => decide::request(state, request, place),
            Input::Event(event) => decide::event(state, event),
        }
    }

    fn hear(state: &mut State, heard: &Heard<'_>, _place: Place) {
        match &heard.input {
            Input::Request(_) | Input::Due(_) => {}
            Input::Event(event) if undoes_reversal(event) => state.undo_reversal(&key(event)),
            Input::Event(event) => state.take(event),
        }
    }

    fn evolve(state: &mut State, event: &Event, _place: Place) {
        state.take(event);
    }
}

fn account_concerns(fact: &AccountFact) -> bool {
    match fact {
        AccountFact::ClosureAccepted | AccountFact::ClosureRefused(_) => true,
        AccountFact::AccountOpened(..)
        | AccountFact::AccountFrozen
        | AccountFact::AccountUnfrozen
        | AccountFact::AccountClosing
        | AccountFact::AccountClosed => false,
    }
}

/// Whether a fact concerns the payee's shard.
fn movement_concerns(fact: &MovementFact) -> bool {
    match fact {
        MovementFact::AccountDebited
        | MovementFact::FundsReserved(_)
        | MovementFact::ReservationReleased(..) => true,
        MovementFact::DebitReversed(_)
        | MovementFact::AccountCredited
        | MovementFact::CreditRefused(_)
        | MovementFact::CreditPromised(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReversalGranted
        | MovementFact::TransferSettled => false,
    }
}
