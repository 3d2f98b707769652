//! Who must react to what: the choreography, declared once, as data.
//!
//! A flow is whole if each of its steps that something must follow has been followed. What is missing names who keeps it
//! waiting. Nothing is decided by this.

use crate::event::{Fact, Kind};
use crate::id::AccountId;
use crate::subject::{Service, Verb};

/// What must come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Who must say it.
    pub by: Service,
    /// On whose account's shard.
    pub of: Party,
    /// One of these.
    pub kinds: &'static [Kind],
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

const fn debit(kinds: &'static [Kind]) -> Expected {
    let (by, of) = (Service::Debit, Party::Payer);
    Expected { by, of, kinds }
}

const fn credit(of: Party, kinds: &'static [Kind]) -> Expected {
    let by = Service::Credit;
    Expected { by, of, kinds }
}

const fn ledger(kinds: &'static [Kind]) -> Expected {
    let (by, of) = (Service::Ledger, Party::Payer);
    Expected { by, of, kinds }
}

/// What must follow a request.
pub fn after_request(verb: Verb) -> Expected {
    match verb {
        Verb::Transfer => debit(&[Kind::AccountDebited, Kind::DebitRefused, Kind::RequestRefused]),
        Verb::Reserve => debit(&[Kind::FundsReserved, Kind::DebitRefused, Kind::RequestRefused]),
        Verb::Confirm => debit(&[
            Kind::AccountDebited,
            Kind::ConfirmationDeferred,
            Kind::DebitRefused,
            Kind::RequestRefused,
        ]),
        Verb::Cancel => debit(&[
            Kind::ReservationReleased,
            Kind::ReservationBarred,
            Kind::DebitRefused,
            Kind::RequestRefused,
        ]),
        Verb::Reverse => credit(
            Party::Payer,
            &[Kind::ReversalGranted, Kind::ReversalDenied, Kind::RequestRefused],
        ),
        Verb::Open => credit(Party::Payer, &[Kind::AccountOpened, Kind::RequestRefused]),
        Verb::Freeze => credit(Party::Payer, &[Kind::AccountFrozen, Kind::RequestRefused]),
        Verb::Unfreeze => credit(Party::Payer, &[Kind::AccountUnfrozen, Kind::RequestRefused]),
        Verb::Close => credit(Party::Payer, &[Kind::AccountClosing, Kind::RequestRefused]),
    }
}

/// What must follow an event; nothing follows an end, and a reservation that is promised waits for its payer.
pub fn after(fact: &Fact) -> Option<Expected> {
    Some(match fact {
        Fact::AccountDebited(_) => credit(Party::Payee, &[Kind::AccountCredited, Kind::CreditRefused]),
        Fact::AccountCredited(_) => ledger(&[Kind::TransferSettled]),
        Fact::CreditRefused(..) => debit(&[Kind::DebitReversed, Kind::ReservationReleased]),
        Fact::DebitReversed(..)
        | Fact::DebitRefused(..)
        | Fact::ReservationReleased(..)
        | Fact::ReservationBarred(_) => ledger(&[Kind::TransferFailed]),
        Fact::FundsReserved(..) => credit(Party::Payee, &[Kind::CreditPromised, Kind::CreditRefused]),
        Fact::ConfirmationDeferred(_) => debit(&[Kind::AccountDebited, Kind::ReservationReleased]),
        Fact::CreditPromised(_, terms) if terms.auto_confirm => {
            debit(&[Kind::AccountDebited, Kind::ReservationReleased])
        }
        Fact::ReversalGranted(_) => debit(&[Kind::AccountDebited, Kind::DebitRefused, Kind::RequestRefused]),
        Fact::ReversalDenied(..) => debit(&[Kind::DebitRefused, Kind::RequestRefused]),
        Fact::AccountClosing(_) => debit(&[Kind::ClosureAccepted, Kind::ClosureRefused]),
        Fact::ClosureAccepted(_) => credit(Party::Payer, &[Kind::AccountClosed]),
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
    fn kind(&self) -> Option<Kind> {
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
