//! Events that stand for a request which is not in the log as its client wrote it. Each has the request's own id, so that the
//! decision on the request has its cause.
//!
//! | why | known to | |
//! |---|---|---|
//! | the broker has lost it | the service that has decided on it | [`recalled`] |
//! | it was unreadable, and an operator has replaced it | the service that reads the operator's instruction | [`mended`] |

use crate::event::{AccountFact, Event, Fact, Movement, MovementFact, Origin, RequestFact};
use crate::reason::Reason;
use crate::request::{Order, Request};
use crate::subject::Verb;

/// The event that reports `request`, which `instruction` has put in place of an unreadable one. Only the service that decides on the
/// request reads the instruction, so the others learn of it from this event.
pub fn mended(request: &Request, instruction: u64, origin: Origin) -> Event {
    let movement = request.order.as_ref().ok().and_then(Order::movement);
    let (account, verb) = (request.account.clone(), request.verb);
    Event {
        id: request.id,
        cause: request.id,
        source: origin.source,
        place: origin.place,
        time: origin.time,
        work_us: origin.work_us,
        transfer: request.transfer,
        trace: request.trace,
        fact: Fact::Request(
            account,
            RequestFact::RequestRecalled(verb, movement.cloned(), Some(instruction)),
        ),
    }
}

/// The request that `decision` answers, as an event with the request's own id; `None` if it answers no request.
///
/// Whether a decision answers a request or another event can't always be told from the decision alone. The caller must have
/// searched for its cause everywhere without finding it.
pub fn recalled(decision: &Event) -> Option<Event> {
    let verb = match &decision.fact {
        Fact::Account(_, fact) => account_verb(fact)?,
        Fact::Movement(movement, fact) => movement_verb(movement, fact)?,
        Fact::Request(_, fact) => request_verb(fact)?,
        Fact::Message(_) => return None,
    };
    Some(Event {
        id: decision.cause,
        fact: Fact::Request(
            decision.fact.account(),
            RequestFact::RequestRecalled(verb, decision.fact.movement().cloned(), None),
        ),
        ..decision.clone()
    })
}

fn account_verb(fact: &AccountFact) -> Option<Verb> {
    match fact {
        AccountFact::AccountOpened(..) => Some(Verb::Open),
        AccountFact::AccountFrozen => Some(Verb::Freeze),
        AccountFact::AccountUnfrozen => Some(Verb::Unfreeze),
        AccountFact::AccountClosing => Some(Verb::Close),
        AccountFact::ClosureAccepted | AccountFact::ClosureRefused(_) | AccountFact::AccountClosed => None,
    }
}

fn movement_verb(movement: &Movement, fact: &MovementFact) -> Option<Verb> {
    match fact {
        MovementFact::AccountDebited if movement.reserved.is_some() => Some(Verb::Confirm),
        // A reversal is debited in response to an event.
        MovementFact::AccountDebited if movement.reverses.is_some() => None,
        MovementFact::AccountDebited => Some(Verb::Transfer),
        MovementFact::FundsReserved(_) => Some(Verb::Reserve),
        MovementFact::ConfirmationDeferred => Some(Verb::Confirm),
        MovementFact::ReservationReleased(..) => Some(Verb::Cancel),
        MovementFact::ReversalGranted => Some(Verb::Reverse),
        MovementFact::DebitReversed(_)
        | MovementFact::AccountCredited
        | MovementFact::CreditRefused(_)
        | MovementFact::CreditPromised(_)
        | MovementFact::TransferSettled => None,
    }
}

fn request_verb(fact: &RequestFact) -> Option<Verb> {
    match fact {
        // It names no verb; this is the refusal of a confirm for an id that was never reserved.
        RequestFact::DebitRefused(None, _, refusal) if refusal.reason == Reason::NoReservation => {
            Some(Verb::Confirm)
        }
        RequestFact::DebitRefused(_, Some(_), _) => Some(Verb::Reserve),
        RequestFact::DebitRefused(..) => Some(Verb::Transfer),
        RequestFact::ReservationBarred => Some(Verb::Cancel),
        RequestFact::ReversalDenied(..) => Some(Verb::Reverse),
        RequestFact::RequestRefused(verb, _) => Some(*verb),
        RequestFact::TransferFailed(..) | RequestFact::RequestRecalled(..) => None,
    }
}
