//! Events that stand for a request which is not in the log as its client wrote it. Each bears the request's own id, so that what was
//! decided on it has its cause.
//!
//! | why | who knows it | |
//! |---|---|---|
//! | the broker has lost it | who has decided on it | [`recalled`] |
//! | nobody could read it, and an operator has mended it | who hears the operator's instruction | [`mended`] |

use jiff::Timestamp;

use crate::event::{Event, Fact, Source};
use crate::reason::Reason;
use crate::request::{Order, Request};
use crate::subject::Verb;

/// What tells of `request`, which `instruction` has put in the place of one that nobody could read: only who decides on it reads that.
pub fn mended(request: &Request, instruction: u64, source: Source, time: Timestamp, work_us: u32) -> Event {
    let movement = request.order.as_ref().ok().and_then(Order::movement);
    let (account, verb) = (request.account.clone(), request.verb);
    Event {
        id: request.id,
        cause: request.id,
        source,
        time,
        work_us,
        transfer: request.transfer,
        trace: request.trace,
        fact: Fact::RequestRecalled(account, verb, movement.cloned(), Some(instruction)),
    }
}

/// The request that `decision` answers, as an event that bears the request's own id; nothing if it answers no request.
///
/// Whether a decision answers a request or another event can't always be told from the decision alone: who asks has looked
/// for its cause everywhere, and has not found it.
pub fn recalled(decision: &Event) -> Option<Event> {
    let verb = match &decision.fact {
        Fact::AccountOpened(..) => Verb::Open,
        Fact::AccountFrozen(_) => Verb::Freeze,
        Fact::AccountUnfrozen(_) => Verb::Unfreeze,
        Fact::AccountClosing(_) => Verb::Close,
        Fact::AccountDebited(movement) if movement.reserved.is_some() => Verb::Confirm,
        // What a reversal is debited for is an event.
        Fact::AccountDebited(movement) if movement.reverses.is_some() => return None,
        Fact::AccountDebited(_) => Verb::Transfer,
        // It names no verb; of an id that was never reserved it is told like this.
        Fact::DebitRefused(_, None, _, refusal) if refusal.reason == Reason::NoReservation => Verb::Confirm,
        Fact::DebitRefused(_, _, Some(_), _) => Verb::Reserve,
        Fact::DebitRefused(..) => Verb::Transfer,
        Fact::FundsReserved(..) => Verb::Reserve,
        Fact::ConfirmationDeferred(_) => Verb::Confirm,
        Fact::ReservationReleased(..) | Fact::ReservationBarred(_) => Verb::Cancel,
        Fact::ReversalGranted(_) | Fact::ReversalDenied(..) => Verb::Reverse,
        Fact::RequestRefused(_, verb, _) => *verb,
        Fact::ClosureAccepted(_)
        | Fact::ClosureRefused(..)
        | Fact::AccountClosed(_)
        | Fact::DebitReversed(..)
        | Fact::AccountCredited(_)
        | Fact::CreditRefused(..)
        | Fact::CreditPromised(..)
        | Fact::TransferSettled(_)
        | Fact::TransferFailed(..)
        | Fact::RequestRecalled(..)
        | Fact::MessageParked(_)
        | Fact::MessageResolved(_) => return None,
    };
    Some(Event {
        id: decision.cause,
        fact: Fact::RequestRecalled(
            decision.fact.account(),
            verb,
            decision.fact.movement().cloned(),
            None,
        ),
        ..decision.clone()
    })
}
