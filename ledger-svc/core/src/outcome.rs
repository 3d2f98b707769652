//! The outcome of a request, as sent to the client that waits for it.

use wallet_contract::event::{AccountFact, Event, Fact, Failure, MovementFact, RequestFact};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;

use crate::flow::FlowKey;

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The account that the request was made for.
    pub account: AccountId,
    /// The verb of the request; for a transfer's end, the verb of its flow.
    pub verb: Verb,
    /// The final status of the flow; for a request that did not begin a flow, the status of that request.
    pub status: Status,
    /// The status as a word for people and programs: `settled`, `refused`, `compensated`, `reserved`, `cancelled`,
    /// `expired`, `opened`, `frozen`, `unfrozen`, `closed`.
    pub word: &'static str,
    /// The event that decided it.
    pub event: Event,
}

impl Outcome {
    /// The outcome that `event` is, if it is one. A reservation has two: the promise, and the end.
    pub fn of(event: &Event) -> Option<Self> {
        let (verb, status, word) = match &event.fact {
            Fact::Account(_, fact) => of_account(fact)?,
            Fact::Movement(_, fact) => of_movement(fact)?,
            Fact::Request(_, fact) => of_request(fact)?,
            Fact::Message(_) => return None,
        };
        Some(Self {
            account: event.fact.account(),
            verb,
            status,
            word,
            event: event.clone(),
        })
    }

    /// The flow that it belongs to.
    pub fn flow(&self) -> FlowKey {
        let key = TransferKey {
            id: self.event.transfer,
            payer: self.account.clone(),
        };
        (key, self.verb.flow())
    }

    /// Whether it ends its flow, unless the flow had already ended.
    ///
    /// A promised reservation continues. A request that is refused because of the transfer's phase gets an outcome of its own, which
    /// leaves the transfer's flow as it is.
    pub fn is_end(&self) -> bool {
        let is_of_another = matches!(&self.event.fact, Fact::Request(_, RequestFact::RequestRefused(verb, _)) if verb.flow() == Verb::Transfer);
        self.status != Status::Reserved && !is_of_another
    }
}

/// Verb, status, and the word for the status.
type Parts = (Verb, Status, &'static str);

fn of_account(fact: &AccountFact) -> Option<Parts> {
    match fact {
        AccountFact::AccountOpened(..) => Some((Verb::Open, Status::Done, "opened")),
        AccountFact::AccountFrozen => Some((Verb::Freeze, Status::Done, "frozen")),
        AccountFact::AccountUnfrozen => Some((Verb::Unfreeze, Status::Done, "unfrozen")),
        AccountFact::AccountClosed => Some((Verb::Close, Status::Done, "closed")),
        AccountFact::ClosureRefused(_) => Some((Verb::Close, Status::Refused, "refused")),
        AccountFact::AccountClosing | AccountFact::ClosureAccepted => None,
    }
}

fn of_movement(fact: &MovementFact) -> Option<Parts> {
    match fact {
        MovementFact::TransferSettled => Some((Verb::Transfer, Status::Settled, "settled")),
        MovementFact::CreditPromised(terms) => {
            (!terms.auto_confirm).then_some((Verb::Reserve, Status::Reserved, "reserved"))
        }
        MovementFact::AccountDebited
        | MovementFact::DebitReversed(_)
        | MovementFact::AccountCredited
        | MovementFact::CreditRefused(_)
        | MovementFact::FundsReserved(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReservationReleased(..)
        | MovementFact::ReversalGranted => None,
    }
}

fn of_request(fact: &RequestFact) -> Option<Parts> {
    match fact {
        RequestFact::TransferFailed(_, failure, _) => {
            let status = match failure {
                Failure::Refused => Status::Refused,
                Failure::Compensated => Status::Compensated,
                Failure::Cancelled => Status::Cancelled,
                Failure::Expired => Status::Expired,
            };
            Some((Verb::Transfer, status, failure.word()))
        }
        RequestFact::RequestRefused(verb, _) => Some((*verb, Status::Refused, "refused")),
        RequestFact::DebitRefused(..)
        | RequestFact::ReservationBarred
        | RequestFact::ReversalDenied(..)
        | RequestFact::RequestRecalled(..) => None,
    }
}
