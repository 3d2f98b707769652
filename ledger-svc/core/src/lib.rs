//! The rules of ledger-svc: the *books*.
//!
//! | input | books | decision |
//! |---|---|---|
//! | a request | a flow begins | none |
//! | `account.debited` (home) | payer, or what it held → `@in-transit` | none |
//! | `account.credited` (payee's shard) | `@in-transit` → payee | none |
//! | `account.credited` (home) | no longer in transit | `transfer.settled` |
//! | `debit.reversed` | `@in-transit` → payer | `transfer.failed` (compensated) |
//! | `debit.refused` | none | `transfer.failed` (refused) |
//! | `funds.reserved` (home) | available → held | none |
//! | `reservation.released` (home) | held → available | `transfer.failed` (cancelled, expired or refused) |
//! | `reservation.barred` | none | `transfer.failed` (cancelled) |
//! | `credit.promised` | none | none; the flow waits for its payer |
//! | `account.opened`, `frozen`, … | the account's page | none; the operator's flow ends |
//!
//! Pure: no clock, no randomness, no I/O.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod answers;
mod aside;
mod booking;
mod flow;
mod outcome;
mod state;
mod touched;

pub use answers::{Answers, Asked, Causes};
pub use aside::{Aside, resolved_by};
pub use booking::{Booking, BookingKind, LogNo, Newest};
pub use flow::{Flow, FlowKey, Start};
pub use outcome::Outcome;
pub use state::{Account, Keys, Standing, State};
pub use wallet_contract::status::Status;

use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Event, Fact, Failure, Movement};
use wallet_contract::reason::{Reason, Refusal};

/// The core of ledger-svc.
#[derive(Debug)]
pub struct Ledger;

impl Decider for Ledger {
    type Keys = Keys;
    type State = State;

    fn concerns(input: &Input, place: Place) -> bool {
        match input {
            Input::Due(_) => false,
            Input::Request(_) => true,
            Input::Event(event) => match &event.fact {
                Fact::AccountDebited(movement)
                | Fact::FundsReserved(movement, _)
                | Fact::ReservationReleased(movement, ..) => place.owns(&movement.payer),
                Fact::AccountCredited(movement) => place.owns(&movement.payer) || place.owns(&movement.payee),
                // Their only copy is here.
                Fact::AccountOpened(..)
                | Fact::AccountFrozen(_)
                | Fact::AccountUnfrozen(_)
                | Fact::AccountClosing(_)
                | Fact::ClosureAccepted(_)
                | Fact::ClosureRefused(..)
                | Fact::AccountClosed(_)
                | Fact::DebitRefused(..)
                | Fact::DebitReversed(..)
                | Fact::CreditRefused(..)
                | Fact::CreditPromised(..)
                | Fact::ConfirmationDeferred(_)
                | Fact::ReservationBarred(_)
                | Fact::ReversalGranted(_)
                | Fact::ReversalDenied(..)
                | Fact::TransferSettled(_)
                | Fact::TransferFailed(..)
                | Fact::RequestRefused(..)
                | Fact::RequestRecalled(..)
                | Fact::MessageParked(_)
                | Fact::MessageResolved(_) => true,
            },
        }
    }

    fn touches(input: &Input, place: Place, keys: &mut Keys) {
        keys.flows.extend(touched::flow(input, place));
        let Input::Event(event) = input else { return };
        touched::record(event, keys);
        match &event.fact {
            Fact::AccountDebited(movement)
            | Fact::AccountCredited(movement)
            | Fact::FundsReserved(movement, _)
            | Fact::ReservationReleased(movement, ..)
            | Fact::DebitReversed(movement, _) => {
                for account in [&movement.payer, &movement.payee] {
                    if place.owns(account) {
                        keys.accounts.insert(account.clone());
                    }
                }
            }
            Fact::AccountOpened(account, ..)
            | Fact::AccountFrozen(account)
            | Fact::AccountUnfrozen(account)
            | Fact::AccountClosing(account)
            | Fact::ClosureRefused(account, _)
            | Fact::AccountClosed(account) => {
                keys.accounts.insert(account.clone());
            }
            Fact::ClosureAccepted(_)
            | Fact::DebitRefused(..)
            | Fact::CreditRefused(..)
            | Fact::CreditPromised(..)
            | Fact::ConfirmationDeferred(_)
            | Fact::ReservationBarred(_)
            | Fact::ReversalGranted(_)
            | Fact::ReversalDenied(..)
            | Fact::TransferSettled(_)
            | Fact::TransferFailed(..)
            | Fact::RequestRefused(..)
            | Fact::RequestRecalled(..)
            | Fact::MessageParked(_)
            | Fact::MessageResolved(_) => {}
        }
    }

    fn decide(_state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        let Input::Event(event) = &heard.input else {
            return None;
        };
        let failed = |movement: &Option<Movement>, failure, refusal: &Refusal| {
            let payer = event.fact.account();
            Some(Fact::TransferFailed(
                payer,
                movement.clone(),
                failure,
                refusal.clone(),
            ))
        };
        match &event.fact {
            Fact::AccountCredited(movement) => place
                .owns(&movement.payer)
                .then(|| Fact::TransferSettled(movement.clone())),
            Fact::DebitRefused(_, movement, _, refusal) => failed(movement, Failure::Refused, refusal),
            Fact::DebitReversed(movement, refusal) => {
                failed(&Some(movement.clone()), Failure::Compensated, refusal)
            }
            Fact::ReservationReleased(movement, failure, refusal) => {
                failed(&Some(movement.clone()), *failure, refusal)
            }
            Fact::ReservationBarred(payer) => {
                let detail = format_args!("{payer} cancelled it before it was reserved");
                failed(
                    &None,
                    Failure::Cancelled,
                    &Refusal::new(Reason::Cancelled, detail),
                )
            }
            Fact::AccountOpened(..)
            | Fact::AccountFrozen(_)
            | Fact::AccountUnfrozen(_)
            | Fact::AccountClosing(_)
            | Fact::ClosureAccepted(_)
            | Fact::ClosureRefused(..)
            | Fact::AccountClosed(_)
            | Fact::AccountDebited(_)
            | Fact::FundsReserved(..)
            | Fact::CreditRefused(..)
            | Fact::CreditPromised(..)
            | Fact::ConfirmationDeferred(_)
            | Fact::ReversalGranted(_)
            | Fact::ReversalDenied(..)
            | Fact::TransferSettled(_)
            | Fact::TransferFailed(..)
            | Fact::RequestRefused(..)
            | Fact::RequestRecalled(..)
            | Fact::MessageParked(_)
            | Fact::MessageResolved(_) => None,
        }
    }

    fn hear(state: &mut State, heard: &Heard<'_>, place: Place) {
        state.record(heard);
        match &heard.input {
            Input::Due(_) => {}
            Input::Request(request) => state.begin(request, heard),
            Input::Event(event) => state.book(event, heard, place),
        }
    }

    fn evolve(state: &mut State, event: &Event, _place: Place) {
        state.tell(event);
    }
}
