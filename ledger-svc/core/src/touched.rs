//! The rows that an input touches, besides accounts.

use wallet_contract::event::{AccountFact, Event, Fact, Failure, MessageFact, MovementFact, RequestFact};
use wallet_contract::id::TransferKey;
use wallet_contract::subject::Verb;
use wallet_kernel::{Input, Place};

use crate::aside::{parked_by, resolved_by};
use crate::flow::FlowKey;
use crate::state::Keys;

/// The flow that an input begins, continues or ends.
pub(crate) fn flow(input: &Input, place: Place) -> Option<FlowKey> {
    let key = |id, payer| TransferKey { id, payer };
    match input {
        Input::Due(_) => None,
        // The debit, when it comes, continues the reservation's flow.
        Input::Request(request) if request.verb == Verb::Confirm => None,
        Input::Request(request) => Some((
            key(request.transfer, request.account.clone()),
            request.verb.flow(),
        )),
        Input::Event(event) => {
            let (account, verb) = (event.fact.account(), verb(&event.fact)?);
            // The payee's books have a copy; the flow itself is in the payer's books.
            let elsewhere = matches!(event.fact, Fact::Movement(_, MovementFact::AccountCredited))
                && !place.owns(&account);
            (!elsewhere).then(|| (key(event.transfer, account), verb))
        }
    }
}

/// The kind of the flow whose head an event changes; nothing if it changes none. Our own events changed it when they were decided.
fn verb(fact: &Fact) -> Option<Verb> {
    match fact {
        Fact::Account(_, fact) => Some(match fact {
            AccountFact::AccountOpened(..) => Verb::Open,
            AccountFact::AccountFrozen => Verb::Freeze,
            AccountFact::AccountUnfrozen => Verb::Unfreeze,
            AccountFact::AccountClosing
            | AccountFact::ClosureAccepted
            | AccountFact::ClosureRefused(_)
            | AccountFact::AccountClosed => Verb::Close,
        }),
        Fact::Request(_, fact) => match fact {
            RequestFact::RequestRefused(verb, _) | RequestFact::RequestRecalled(verb, ..) => {
                Some(verb.flow())
            }
            RequestFact::DebitRefused(..) | RequestFact::ReservationBarred => Some(Verb::Transfer),
            RequestFact::ReversalDenied(..) | RequestFact::TransferFailed(..) => None,
        },
        Fact::Movement(movement, fact) => {
            let changes = match fact {
                MovementFact::AccountDebited => movement.reserved.is_some(),
                MovementFact::AccountCredited
                | MovementFact::DebitReversed(_)
                | MovementFact::ReservationReleased(..)
                | MovementFact::ConfirmationDeferred
                | MovementFact::CreditPromised(_) => true,
                MovementFact::FundsReserved(_)
                | MovementFact::CreditRefused(_)
                | MovementFact::ReversalGranted
                | MovementFact::TransferSettled => false,
            };
            changes.then_some(Verb::Transfer)
        }
        Fact::Message(_) => None,
    }
}

/// Adds the earlier records and parked messages that an event needs to know.
pub(crate) fn record(event: &Event, keys: &mut Keys) {
    match &event.fact {
        Fact::Movement(movement, MovementFact::AccountDebited) if movement.reserved.is_some() => {
            keys.recorded.insert(event.cause);
        }
        Fact::Movement(_, MovementFact::ReservationReleased(Failure::Cancelled, _)) => {
            keys.recorded.insert(event.cause);
        }
        Fact::Message(MessageFact::MessageParked(_)) => {
            keys.recorded.insert(resolved_by(event));
        }
        Fact::Message(MessageFact::MessageResolved(_)) => {
            keys.aside.insert(parked_by(event));
        }
        Fact::Account(..) | Fact::Movement(..) | Fact::Request(..) => {}
    }
}
