//! The rows that an input touches, besides accounts.

use wallet_contract::decider::{Input, Place};
use wallet_contract::event::{Event, Fact, Failure};
use wallet_contract::id::TransferKey;
use wallet_contract::subject::Verb;

use crate::aside::{parked_by, resolved_by};
use crate::flow::FlowKey;
use crate::state::Keys;

/// The flow that an input begins, goes on with or ends.
pub(crate) fn flow(input: &Input, place: Place) -> Option<FlowKey> {
    let key = |id, payer| TransferKey { id, payer };
    match input {
        Input::Due(_) => None,
        // It goes on with the reservation's flow, as the debit tells.
        Input::Request(request) if request.verb == Verb::Confirm => None,
        Input::Request(request) => Some((
            key(request.transfer, request.account.clone()),
            request.verb.flow(),
        )),
        Input::Event(event) => {
            let (account, verb) = (event.fact.account(), verb(&event.fact)?);
            // The payee's books have a copy, and the flow stands in the payer's.
            let elsewhere = matches!(event.fact, Fact::AccountCredited(_)) && !place.owns(&account);
            (!elsewhere).then(|| (key(event.transfer, account), verb))
        }
    }
}

/// The kind of flow that an event belongs to.
fn verb(fact: &Fact) -> Option<Verb> {
    match fact {
        Fact::AccountOpened(..) => Some(Verb::Open),
        Fact::AccountFrozen(_) => Some(Verb::Freeze),
        Fact::AccountUnfrozen(_) => Some(Verb::Unfreeze),
        Fact::AccountClosing(_)
        | Fact::ClosureAccepted(_)
        | Fact::ClosureRefused(..)
        | Fact::AccountClosed(_) => Some(Verb::Close),
        Fact::RequestRefused(_, verb, _) | Fact::RequestRecalled(_, verb, ..) => Some(verb.flow()),
        Fact::AccountDebited(_)
        | Fact::DebitRefused(..)
        | Fact::DebitReversed(..)
        | Fact::AccountCredited(_)
        | Fact::CreditRefused(..)
        | Fact::CreditPromised(..)
        | Fact::FundsReserved(..)
        | Fact::ConfirmationDeferred(_)
        | Fact::ReservationReleased(..)
        | Fact::ReservationBarred(_)
        | Fact::ReversalGranted(_)
        | Fact::ReversalDenied(..)
        | Fact::TransferSettled(_)
        | Fact::TransferFailed(..) => Some(Verb::Transfer),
        Fact::MessageParked(_) | Fact::MessageResolved(_) => None,
    }
}

/// What an event has to know of what was recorded or parked before.
pub(crate) fn record(event: &Event, keys: &mut Keys) {
    match &event.fact {
        Fact::AccountDebited(movement) if movement.reserved.is_some() => {
            keys.recorded.insert(event.cause);
        }
        Fact::ReservationReleased(_, Failure::Cancelled, _) => {
            keys.recorded.insert(event.cause);
        }
        Fact::MessageParked(_) => {
            keys.recorded.insert(resolved_by(event));
        }
        Fact::MessageResolved(_) => {
            keys.aside.insert(parked_by(event));
        }
        _ => {}
    }
}
