//! Who must react to what: the choreography, declared once, as data.
//!
//! A flow is whole if each of its steps that something must follow has been followed. What is missing names who keeps it
//! waiting. Nothing is decided by this.

use crate::event::Fact;
use crate::id::AccountId;
use crate::subject::{Service, Verb};

/// What must come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Who must say it.
    pub by: Service,
    /// On whose account's shard.
    pub of: Party,
    /// One of these, as CloudEvents types.
    pub kinds: &'static [&'static str],
}

/// One of the two accounts of a flow. An operator's request has one only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The payer, or the account that a request is about.
    Payer,
    /// The payee.
    Payee,
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client has asked.
    Asked(Verb),
    /// A service has decided.
    Said(Fact),
}

const DEBITED: &str = "wallet.account.debited.v1";
const DEBIT_REFUSED: &str = "wallet.debit.refused.v1";
const RELEASED: &str = "wallet.reservation.released.v1";
const REQUEST_REFUSED: &str = "wallet.request.refused.v1";
const FAILED: &str = "wallet.transfer.failed.v1";
const PROMISED: &str = "wallet.credit.promised.v1";
const CREDIT_REFUSED: &str = "wallet.credit.refused.v1";

const fn debit(kinds: &'static [&'static str]) -> Expected {
    let (by, of) = (Service::Debit, Party::Payer);
    Expected { by, of, kinds }
}

const fn credit(of: Party, kinds: &'static [&'static str]) -> Expected {
    let by = Service::Credit;
    Expected { by, of, kinds }
}

const fn ledger(kinds: &'static [&'static str]) -> Expected {
    let (by, of) = (Service::Ledger, Party::Payer);
    Expected { by, of, kinds }
}

/// What must follow a request.
pub fn after_request(verb: Verb) -> Expected {
    match verb {
        Verb::Transfer => debit(&[DEBITED, DEBIT_REFUSED, REQUEST_REFUSED]),
        Verb::Reserve => debit(&["wallet.funds.reserved.v1", DEBIT_REFUSED, REQUEST_REFUSED]),
        Verb::Confirm => debit(&[
            DEBITED,
            "wallet.confirmation.deferred.v1",
            DEBIT_REFUSED,
            REQUEST_REFUSED,
        ]),
        Verb::Cancel => debit(&[
            RELEASED,
            "wallet.reservation.barred.v1",
            DEBIT_REFUSED,
            REQUEST_REFUSED,
        ]),
        Verb::Reverse => credit(
            Party::Payer,
            &[
                "wallet.reversal.granted.v1",
                "wallet.reversal.denied.v1",
                REQUEST_REFUSED,
            ],
        ),
        Verb::Open => credit(Party::Payer, &["wallet.account.opened.v1", REQUEST_REFUSED]),
        Verb::Freeze => credit(Party::Payer, &["wallet.account.frozen.v1", REQUEST_REFUSED]),
        Verb::Unfreeze => credit(Party::Payer, &["wallet.account.unfrozen.v1", REQUEST_REFUSED]),
        Verb::Close => credit(Party::Payer, &["wallet.account.closing.v1", REQUEST_REFUSED]),
    }
}

/// What must follow an event; nothing follows an end, and a reservation that is promised waits for its payer.
pub fn after(fact: &Fact) -> Option<Expected> {
    Some(match fact {
        Fact::AccountDebited(_) => credit(Party::Payee, &["wallet.account.credited.v1", CREDIT_REFUSED]),
        Fact::AccountCredited(_) => ledger(&["wallet.transfer.settled.v1"]),
        Fact::CreditRefused(..) => debit(&["wallet.debit.reversed.v1", RELEASED]),
        Fact::DebitReversed(..)
        | Fact::DebitRefused(..)
        | Fact::ReservationReleased(..)
        | Fact::ReservationBarred(_) => ledger(&[FAILED]),
        Fact::FundsReserved(..) => credit(Party::Payee, &[PROMISED, CREDIT_REFUSED]),
        Fact::ConfirmationDeferred(_) => debit(&[DEBITED, RELEASED]),
        Fact::CreditPromised(_, terms) if terms.auto_confirm => debit(&[DEBITED, RELEASED]),
        Fact::ReversalGranted(_) => debit(&[DEBITED, DEBIT_REFUSED, REQUEST_REFUSED]),
        Fact::ReversalDenied(..) => debit(&[DEBIT_REFUSED, REQUEST_REFUSED]),
        Fact::AccountClosing(_) => debit(&["wallet.closure.accepted.v1", "wallet.closure.refused.v1"]),
        Fact::ClosureAccepted(_) => credit(Party::Payer, &["wallet.account.closed.v1"]),
        Fact::RequestRecalled(_, verb, ..) => after_request(*verb),
        Fact::CreditPromised(..)
        | Fact::AccountOpened(..)
        | Fact::AccountFrozen(_)
        | Fact::AccountUnfrozen(_)
        | Fact::AccountClosed(_)
        | Fact::ClosureRefused(..)
        | Fact::TransferSettled(_)
        | Fact::TransferFailed(..)
        | Fact::RequestRefused(..)
        | Fact::MessageParked(_)
        | Fact::MessageResolved(_) => return None,
    })
}

impl Step {
    /// Its type.
    fn kind(&self) -> Option<&'static str> {
        match self {
            Self::Asked(_) => None,
            Self::Said(fact) => Some(fact.kind()),
        }
    }

    /// What must follow it.
    pub fn expected(&self) -> Option<Expected> {
        match self {
            Self::Asked(verb) => Some(after_request(*verb)),
            Self::Said(fact) => after(fact),
        }
    }

    /// The payee that it names.
    pub fn payee(&self) -> Option<&AccountId> {
        match self {
            Self::Asked(_) => None,
            Self::Said(fact) => fact.movement().map(|movement| &movement.payee),
        }
    }
}

/// The steps of a flow that nothing has followed, and what must follow each; in the order of the steps.
pub fn open(steps: &[Step]) -> impl DoubleEndedIterator<Item = (usize, Expected)> {
    let followed = |expected: Expected| {
        let mut kinds = steps.iter().filter_map(Step::kind);
        kinds.any(|kind| expected.kinds.contains(&kind))
    };
    let open = move |(place, step): (usize, &Step)| {
        let expected = step.expected()?;
        (!followed(expected)).then_some((place, expected))
    };
    steps.iter().enumerate().filter_map(open)
}

/// The last step of a flow that nothing has followed, and what must follow it.
pub fn waits_for(steps: &[Step]) -> Option<(usize, Expected)> {
    open(steps).next_back()
}
