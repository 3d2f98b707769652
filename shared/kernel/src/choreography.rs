//! The choreography, declared once as data: which service must react to which request or event.
//!
//! A flow is complete when every step that requires a reaction has one. A missing reaction identifies the service that the flow is
//! waiting for. No decision depends on this module.

use wallet_contract::event::{AccountFact, Fact, Kind, MovementFact, RequestFact};
use wallet_contract::id::AccountId;
use wallet_contract::subject::{Service, Verb};

/// The reaction that a step requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The service that must react.
    pub by: Service,
    /// The account whose shard it must react on.
    pub of: Party,
    /// The kinds of events that count as the reaction.
    pub kinds: &'static [Kind],
}

/// One of the two accounts of a flow. An operator's request has only one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The payer, or the account that a request is about.
    Payer,
    /// The payee.
    Payee,
}

/// A step of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client's request.
    Requested(Verb),
    /// A service's decision.
    Decided(Fact),
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

/// The reaction that a request requires.
fn after_request(verb: Verb) -> Expected {
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

/// The reaction that an event requires, if any. The end of a flow requires none; neither does a promised reservation, which waits for
/// its payer.
pub fn after(fact: &Fact) -> Option<Expected> {
    match fact {
        Fact::Account(_, fact) => after_account(fact),
        Fact::Movement(_, fact) => after_movement(fact),
        Fact::Request(_, fact) => after_refusal(fact),
        Fact::Message(_) => None,
    }
}

fn after_account(fact: &AccountFact) -> Option<Expected> {
    match fact {
        AccountFact::AccountClosing => Some(debit(&[Kind::ClosureAccepted, Kind::ClosureRefused])),
        AccountFact::ClosureAccepted => Some(credit(Party::Payer, &[Kind::AccountClosed])),
        AccountFact::AccountOpened(..)
        | AccountFact::AccountFrozen
        | AccountFact::AccountUnfrozen
        | AccountFact::ClosureRefused(_)
        | AccountFact::AccountClosed => None,
    }
}

fn after_movement(fact: &MovementFact) -> Option<Expected> {
    Some(match fact {
        MovementFact::AccountDebited => credit(Party::Payee, &[Kind::AccountCredited, Kind::CreditRefused]),
        MovementFact::AccountCredited => ledger(&[Kind::TransferSettled]),
        MovementFact::CreditRefused(_) => debit(&[Kind::DebitReversed, Kind::ReservationReleased]),
        MovementFact::DebitReversed(_) | MovementFact::ReservationReleased(..) => {
            ledger(&[Kind::TransferFailed])
        }
        MovementFact::FundsReserved(_) => credit(Party::Payee, &[Kind::CreditPromised, Kind::CreditRefused]),
        MovementFact::ConfirmationDeferred => debit(&[Kind::AccountDebited, Kind::ReservationReleased]),
        MovementFact::CreditPromised(terms) if terms.auto_confirm => {
            debit(&[Kind::AccountDebited, Kind::ReservationReleased])
        }
        MovementFact::ReversalGranted => {
            debit(&[Kind::AccountDebited, Kind::DebitRefused, Kind::RequestRefused])
        }
        MovementFact::CreditPromised(_) | MovementFact::TransferSettled => return None,
    })
}

fn after_refusal(fact: &RequestFact) -> Option<Expected> {
    match fact {
        RequestFact::DebitRefused(..) | RequestFact::ReservationBarred => {
            Some(ledger(&[Kind::TransferFailed]))
        }
        RequestFact::ReversalDenied(..) => Some(debit(&[Kind::DebitRefused, Kind::RequestRefused])),
        RequestFact::RequestRecalled(verb, ..) => Some(after_request(*verb)),
        RequestFact::TransferFailed(..) | RequestFact::RequestRefused(..) => None,
    }
}

impl Step {
    fn kind(&self) -> Option<Kind> {
        match self {
            Self::Requested(_) => None,
            Self::Decided(fact) => Some(fact.kind()),
        }
    }

    /// The reaction that the step requires, if any.
    pub fn expected(&self) -> Option<Expected> {
        match self {
            Self::Requested(verb) => Some(after_request(*verb)),
            Self::Decided(fact) => after(fact),
        }
    }

    /// The payee, if the step names one.
    pub fn payee(&self) -> Option<&AccountId> {
        match self {
            Self::Requested(_) => None,
            Self::Decided(fact) => fact.movement().map(|movement| &movement.payee),
        }
    }
}

/// The steps of a flow that still lack a reaction, each with the reaction it requires, in the order of the steps.
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

/// The last step of a flow that still lacks a reaction, and the reaction it requires.
pub fn waits_for(steps: &[Step]) -> Option<(usize, Expected)> {
    open(steps).next_back()
}
