//! How a request ended, for whoever waits for it.

use wallet_contract::event::{Event, Fact, Failure};
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
            Fact::TransferSettled(_) => (Verb::Transfer, Status::Settled, "settled"),
            Fact::TransferFailed(_, _, failure, _) => {
                let status = match failure {
                    Failure::Refused => Status::Refused,
                    Failure::Compensated => Status::Compensated,
                    Failure::Cancelled => Status::Cancelled,
                    Failure::Expired => Status::Expired,
                };
                (Verb::Transfer, status, failure.word())
            }
            Fact::CreditPromised(_, terms) if !terms.auto_confirm => {
                (Verb::Reserve, Status::Reserved, "reserved")
            }
            Fact::AccountOpened(..) => (Verb::Open, Status::Done, "opened"),
            Fact::AccountFrozen(_) => (Verb::Freeze, Status::Done, "frozen"),
            Fact::AccountUnfrozen(_) => (Verb::Unfreeze, Status::Done, "unfrozen"),
            Fact::AccountClosed(_) => (Verb::Close, Status::Done, "closed"),
            Fact::RequestRefused(_, verb, _) => (*verb, Status::Refused, "refused"),
            Fact::ClosureRefused(..) => (Verb::Close, Status::Refused, "refused"),
            Fact::AccountClosing(_)
            | Fact::ClosureAccepted(_)
            | Fact::AccountDebited(_)
            | Fact::DebitRefused(..)
            | Fact::DebitReversed(..)
            | Fact::AccountCredited(_)
            | Fact::CreditRefused(..)
            | Fact::CreditPromised(..)
            | Fact::FundsReserved(..)
            | Fact::ReservationReleased(..)
            | Fact::ReservationBarred(_)
            | Fact::ConfirmationDeferred(_)
            | Fact::ReversalGranted(_)
            | Fact::ReversalDenied(..)
            | Fact::RequestRecalled(..)
            | Fact::MessageParked(_)
            | Fact::MessageResolved(_) => return None,
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
        let is_of_another =
            matches!(&self.event.fact, Fact::RequestRefused(_, verb, _) if verb.flow() == Verb::Transfer);
        self.status != Status::Reserved && !is_of_another
    }
}
