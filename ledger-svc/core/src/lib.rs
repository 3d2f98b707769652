//! The rules of ledger-svc: the *books*.
//!
//! | input | books | decision |
//! |---|---|---|
//! | a request | a flow begins | none |
//! | `account.debited` (home) | payer's available or held → `@in-transit` | none |
//! | `account.credited` (payee's shard) | `@in-transit` → payee | none |
//! | `account.credited` (home) | no longer in transit | `transfer.settled` |
//! | `debit.reversed` | `@in-transit` → payer | `transfer.failed` (compensated) |
//! | `debit.refused` | none | `transfer.failed` (refused) |
//! | `funds.reserved` (home) | available → held | none |
//! | `reservation.released` (home) | held → available | `transfer.failed` (cancelled, expired or refused) |
//! | `reservation.barred` | none | `transfer.failed` (cancelled) |
//! | `credit.promised` | none | none; the flow waits for its payer |
//! | `account.opened`, `frozen`, … | the account's row | none; the operator's flow ends |
//!
//! Pure: no clock, no randomness, no I/O.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

mod answers;
mod aside;
mod book;
mod booking;
mod flow;
mod outcome;
mod state;
mod touched;

pub use answers::{Answers, Causes};
pub use aside::{Aside, resolved_by};
pub use booking::{Booking, BookingKind, Newest};
pub use flow::{FirstRequest, Flow, FlowKey, Start};
pub use outcome::Outcome;
pub use state::{Account, Keys, State};
pub use wallet_contract::status::Status;

use wallet_contract::event::{Event, Fact, Failure, Movement, MovementFact, RequestFact};
use wallet_contract::id::AccountId;
use wallet_contract::reason::{Reason, Refusal};
use wallet_kernel::{Decider, Heard, Input, Place};

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
                Fact::Movement(movement, fact) => match fact {
                    MovementFact::AccountDebited
                    | MovementFact::FundsReserved(_)
                    | MovementFact::ReservationReleased(..)
                    | MovementFact::CreditRefused(_)
                    | MovementFact::CreditPromised(_) => place.owns(&movement.payer),
                    MovementFact::AccountCredited => {
                        place.owns(&movement.payer) || place.owns(&movement.payee)
                    }
                    // The only copy of these events is on this shard.
                    MovementFact::DebitReversed(_)
                    | MovementFact::ConfirmationDeferred
                    | MovementFact::ReversalGranted
                    | MovementFact::TransferSettled => true,
                },
                Fact::Account(..) | Fact::Request(..) | Fact::Message(_) => true,
            },
        }
    }

    fn touches(input: &Input, place: Place, keys: &mut Keys) {
        keys.flows.extend(touched::flow(input, place));
        let Input::Event(event) = input else { return };
        touched::record(event, keys);
        match &event.fact {
            Fact::Account(account, _) => {
                keys.accounts.insert(account.clone());
            }
            Fact::Movement(movement, fact) if books(fact) => {
                let accounts = [&movement.payer, &movement.payee].into_iter();
                keys.accounts
                    .extend(accounts.filter(|account| place.owns(account)).cloned());
            }
            Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => {}
        }
    }

    fn decide(_state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        let Input::Event(event) = &heard.input else {
            return None;
        };
        match &event.fact {
            Fact::Movement(movement, fact) => end_of_movement(movement, fact, place),
            Fact::Request(payer, fact) => end_of_request(payer, fact),
            Fact::Account(..) | Fact::Message(_) => None,
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
        state.report(event);
    }
}

/// Whether a fact is booked on an account.
fn books(fact: &MovementFact) -> bool {
    match fact {
        MovementFact::AccountDebited
        | MovementFact::AccountCredited
        | MovementFact::FundsReserved(_)
        | MovementFact::ReservationReleased(..)
        | MovementFact::DebitReversed(_) => true,
        MovementFact::CreditRefused(_)
        | MovementFact::CreditPromised(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReversalGranted
        | MovementFact::TransferSettled => false,
    }
}

/// The end of the transfer, if this fact is one.
fn end_of_movement(movement: &Movement, fact: &MovementFact, place: Place) -> Option<Fact> {
    let failed = |failure, refusal| failed(&movement.payer, Some(movement), failure, refusal);
    match fact {
        MovementFact::AccountCredited => place
            .owns(&movement.payer)
            .then(|| Fact::Movement(movement.clone(), MovementFact::TransferSettled)),
        MovementFact::DebitReversed(refusal) => Some(failed(Failure::Compensated, refusal)),
        MovementFact::ReservationReleased(failure, refusal) => Some(failed(*failure, refusal)),
        MovementFact::AccountDebited
        | MovementFact::FundsReserved(_)
        | MovementFact::CreditRefused(_)
        | MovementFact::CreditPromised(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReversalGranted
        | MovementFact::TransferSettled => None,
    }
}

/// The end of the transfer, if this fact means that its request can lead to nothing.
fn end_of_request(payer: &AccountId, fact: &RequestFact) -> Option<Fact> {
    match fact {
        RequestFact::DebitRefused(movement, _, refusal) => {
            Some(failed(payer, movement.as_ref(), Failure::Refused, refusal))
        }
        RequestFact::ReservationBarred => {
            let detail = format_args!("{payer} cancelled it before it was reserved");
            let refusal = Refusal::new(Reason::Cancelled, detail);
            Some(failed(payer, None, Failure::Cancelled, &refusal))
        }
        RequestFact::ReversalDenied(..)
        | RequestFact::TransferFailed(..)
        | RequestFact::RequestRefused(..)
        | RequestFact::RequestRecalled(..) => None,
    }
}

fn failed(payer: &AccountId, movement: Option<&Movement>, failure: Failure, refusal: &Refusal) -> Fact {
    let fact = RequestFact::TransferFailed(movement.cloned(), failure, refusal.clone());
    Fact::Request(payer.clone(), fact)
}
