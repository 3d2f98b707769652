//! How a request ended, for whoever waits for it.

use wallet_contract::event::{AccountFact, Event, Fact, Failure, MovementFact, RequestFact};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;

use crate::flow::FlowKey;

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Under whose authority the request was.
    pub account: AccountId,
    /// What was asked; of a transfer's end, the kind of its flow.
    pub verb: Verb,
    /// The flow's final status; of a request that is no flow's first, its own.
    pub status: Status,
    /// The word for people and machines: `settled`, `refused`, `compensated`, `reserved`, `cancelled`,
    /// `expired`, `opened`, `frozen`, `unfrozen`, `closed`.
    pub word: &'static str,
    /// The event that decided it.
    pub event: Event,
}

impl Outcome {
    /// The outcome that `event` is, if it is one. A reservation has two: that it is promised, and how it ends.
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

    /// The flow that it is of.
    pub fn flow(&self) -> FlowKey {
        let key = TransferKey {
            id: self.event.transfer,
            payer: self.account.clone(),
        };
        (key, self.verb.flow())
    }

    /// Whether its flow ends with it, unless that has ended before.
    ///
    /// A reservation that is promised goes on. A request that is refused for what its transfer is already is told to who asked; the
    /// transfer's flow goes its way.
    pub fn is_end(&self) -> bool {
        let is_of_another = matches!(&self.event.fact, Fact::Request(_, RequestFact::RequestRefused(verb, _)) if verb.flow() == Verb::Transfer);
        self.status != Status::Reserved && !is_of_another
    }
}

/// What was asked, how it stands, and the word for that.
type Told = (Verb, Status, &'static str);

fn of_account(fact: &AccountFact) -> Option<Told> {
    match fact {
        AccountFact::AccountOpened(..) => Some((Verb::Open, Status::Done, "opened")),
        AccountFact::AccountFrozen => Some((Verb::Freeze, Status::Done, "frozen")),
        AccountFact::AccountUnfrozen => Some((Verb::Unfreeze, Status::Done, "unfrozen")),
        AccountFact::AccountClosed => Some((Verb::Close, Status::Done, "closed")),
        AccountFact::ClosureRefused(_) => Some((Verb::Close, Status::Refused, "refused")),
        AccountFact::AccountClosing | AccountFact::ClosureAccepted => None,
    }
}

fn of_movement(fact: &MovementFact) -> Option<Told> {
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

fn of_request(fact: &RequestFact) -> Option<Told> {
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
