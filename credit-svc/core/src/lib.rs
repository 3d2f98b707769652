//! The rules of credit-svc: what an account may *receive*, and the register of accounts.
//!
//! | input | decision |
//! |---|---|
//! | `account.debited` | `account.credited`, or `credit.refused`; what was promised is credited in any case |
//! | `funds.reserved` | `credit.promised`, or `credit.refused` |
//! | `reservation.released` | none: the promise ends |
//! | `reverse` | `reversal.granted`, or `reversal.denied`; `request.refused` if the id was used for another |
//! | `debit.refused`, `debit.reversed` of a reversal | none: it gives nothing back |
//! | `open`, `freeze`, `unfreeze` | `account.opened`, `account.frozen`, `account.unfrozen`, or `request.refused` |
//! | `close` | `account.closing`, or `request.refused` |
//! | `closure.accepted` | `account.closed` |
//! | `closure.refused` | none: the account receives again |
//!
//! Pure: no clock, no randomness, no I/O.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "`concerns` lists every fact; what gets past it is one of a few"
)]

mod decide;
mod state;

pub use state::{Account, Keys, Promise, PromiseStanding, Reversal, Standing, State};

use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::TransferKey;
use wallet_contract::request::Order;
use wallet_contract::subject::{Service, Verb};

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

/// Whether an event says that a reversal gives nothing back after all.
fn undoes_reversal(event: &Event) -> bool {
    let by_debit = event.source.service == Service::Debit;
    let of_reversal = event
        .fact
        .movement()
        .is_some_and(|movement| movement.reverses.is_some());
    let refused = matches!(&event.fact, Fact::DebitRefused(..) | Fact::DebitReversed(..));
    by_debit && (refused && of_reversal || matches!(&event.fact, Fact::RequestRefused(_, Verb::Reverse, _)))
}

impl Decider for Credit {
    type Keys = Keys;
    type State = State;

    fn concerns(input: &Input, place: Place) -> bool {
        match input {
            Input::Due(_) => false,
            Input::Request(request) => request.verb.decided_by() == Service::Credit,
            Input::Event(event) => match &event.fact {
                Fact::AccountDebited(movement)
                | Fact::FundsReserved(movement, _)
                | Fact::ReservationReleased(movement, ..) => place.owns(&movement.payee),
                Fact::ClosureAccepted(account) | Fact::ClosureRefused(account, _) => place.owns(account),
                Fact::DebitRefused(..) | Fact::DebitReversed(..) | Fact::RequestRefused(..) => {
                    undoes_reversal(event)
                }
                Fact::AccountOpened(..)
                | Fact::AccountFrozen(_)
                | Fact::AccountUnfrozen(_)
                | Fact::AccountClosing(_)
                | Fact::AccountClosed(_)
                | Fact::AccountCredited(_)
                | Fact::CreditRefused(..)
                | Fact::CreditPromised(..)
                | Fact::ConfirmationDeferred(_)
                | Fact::ReservationBarred(_)
                | Fact::ReversalGranted(_)
                | Fact::ReversalDenied(..)
                | Fact::TransferSettled(_)
                | Fact::TransferFailed(..)
                | Fact::RequestRecalled(..)
                | Fact::MessageParked(_)
                | Fact::MessageResolved(_) => false,
            },
        }
    }

    fn touches(input: &Input, _place: Place, keys: &mut Keys) {
        match input {
            Input::Due(_) => {}
            Input::Request(request) => match &request.order {
                Ok(Order::Reverse(movement)) => keys.reverse(request, movement),
                _ => {
                    keys.accounts.insert(request.account.clone());
                }
            },
            Input::Event(event) if undoes_reversal(event) => {
                keys.reversals.insert(key(event));
            }
            Input::Event(event) => {
                let Some(movement) = event.fact.movement() else {
                    keys.accounts.insert(event.fact.account());
                    return;
                };
                keys.accounts.insert(movement.payee.clone());
                // A reservation is new; what follows it finds what was promised.
                if movement.reserved.is_some() || matches!(event.fact, Fact::ReservationReleased(..)) {
                    keys.promises.insert(key(event));
                }
            }
        }
    }

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        match &heard.input {
            Input::Due(_) => None,
            Input::Request(request) => match request.verb {
                Verb::Reverse => Some(decide::reverse(state, request, place)),
                _ => decide::request(state, request, place),
            },
            Input::Event(event) => match &event.fact {
                Fact::AccountDebited(movement) => Some(decide::credit(state, &key(event), movement)),
                Fact::FundsReserved(movement, terms) => Some(decide::promise(state, movement, *terms)),
                Fact::ClosureAccepted(account) => Some(Fact::AccountClosed(account.clone())),
                _ => None,
            },
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
