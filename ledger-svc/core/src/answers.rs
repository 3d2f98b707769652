//! Which requests an outcome answers.
//!
//! Several requests may share one id: a reserve and its confirm, two confirms, a cancel that races them, two transfers by
//! mistake. Each request is answered once, by an outcome that names it:
//!
//! | outcome | answers |
//! |---|---|
//! | a refusal of a request that did not begin a flow | that request |
//! | `reserved` | the reserve |
//! | the end of a transfer in one phase | the request that began it |
//! | the end of a reservation | the confirm or cancel that led to it, and the reserve |
//! | an operator's request, done or refused | that request |
//!
//! An event's id is derived from its cause, so most outcomes prove by themselves which request led to them
//! ([`Outcome::answers_alone`]). The others need the head of their flow ([`Outcome::answers_for`]) or, where that is not
//! enough, all of its events ([`Outcome::answers_within`]).

use std::collections::BTreeMap;

use wallet_contract::event::{AccountFact, Event, Fact, Kind, Movement, MovementFact, RequestFact};
use wallet_contract::id::{AccountId, EventId, derive};
use wallet_contract::subject::{Service, Verb};

use crate::flow::FirstRequest;
use crate::outcome::Outcome;

/// The requests that an outcome answers, by verb.
pub type Answers = BTreeMap<Verb, EventId>;

/// The steps from the request that began a transfer to its end, if no other request of the payer's interfered.
const ENDS: [&[Kind]; 10] = [
    &[Kind::AccountDebited, Kind::AccountCredited, Kind::TransferSettled],
    &[
        Kind::AccountDebited,
        Kind::CreditRefused,
        Kind::DebitReversed,
        Kind::TransferFailed,
    ],
    &[Kind::DebitRefused, Kind::TransferFailed],
    &[Kind::ReservationBarred, Kind::TransferFailed],
    &[
        Kind::FundsReserved,
        Kind::ReservationReleased,
        Kind::TransferFailed,
    ],
    &[
        Kind::FundsReserved,
        Kind::CreditRefused,
        Kind::ReservationReleased,
        Kind::TransferFailed,
    ],
    &[
        Kind::ReversalGranted,
        Kind::AccountDebited,
        Kind::AccountCredited,
        Kind::TransferSettled,
    ],
    &[
        Kind::ReversalGranted,
        Kind::AccountDebited,
        Kind::CreditRefused,
        Kind::DebitReversed,
        Kind::TransferFailed,
    ],
    &[Kind::ReversalGranted, Kind::DebitRefused, Kind::TransferFailed],
    &[Kind::ReversalDenied, Kind::DebitRefused, Kind::TransferFailed],
];

/// The requests and events of one account's transfer, as they are in the log.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    /// The requests.
    pub requests: BTreeMap<EventId, Verb>,
    /// The events.
    pub events: BTreeMap<EventId, Event>,
}

impl Outcome {
    /// The requests that it answers, if its own event proves which. This needs no database query.
    ///
    /// A payment's event has the whole content of its request, from which the request's id can be derived. The steps from there lead
    /// to the outcome's own id only if that request was the one made. A reservation's event lacks the terms, but if the request also
    /// began the trace, the trace has the request's id.
    pub fn answers_alone(&self) -> Option<Answers> {
        let event = &self.event;
        let paid = |movement: &Movement| {
            let request = movement.request(event.transfer);
            ends(event, request.1).then_some(request)
        };
        let answered = match &event.fact {
            Fact::Account(_, fact) => match fact {
                AccountFact::AccountOpened(..)
                | AccountFact::AccountFrozen
                | AccountFact::AccountUnfrozen => Some((self.verb, event.cause)),
                AccountFact::AccountClosing
                | AccountFact::ClosureAccepted
                | AccountFact::ClosureRefused(_)
                | AccountFact::AccountClosed => None,
            },
            Fact::Movement(movement, MovementFact::TransferSettled)
            | Fact::Request(_, RequestFact::TransferFailed(Some(movement), ..)) => paid(movement),
            Fact::Movement(_, MovementFact::CreditPromised(_)) => {
                let request = EventId(event.trace.as_uuid());
                let promised = led(event, request, &[Kind::FundsReserved, Kind::CreditPromised]);
                promised.then_some((Verb::Reserve, request))
            }
            // debit-svc decides on a reversal because of an event of credit-svc.
            Fact::Request(_, RequestFact::RequestRefused(verb, _)) => {
                let is_reversal = *verb == Verb::Reverse && event.source.service == Service::Debit;
                (!is_reversal).then_some((self.verb, event.cause))
            }
            Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => None,
        };
        answered.map(|answered| Answers::from([answered]))
    }

    /// The requests that it answers, if the head of its flow is enough to tell.
    pub fn answers_for(&self, first: &FirstRequest) -> Option<Answers> {
        let began = Answers::from([(first.verb, first.request)]);
        let and = |verb| {
            let ordered = first.ordered?;
            let mut answers = began.clone();
            if ordered
                != after(
                    first.request,
                    &[Kind::FundsReserved, Kind::CreditPromised],
                    &self.account,
                )
            {
                answers.insert(verb, ordered);
            }
            Some(answers)
        };
        match (first.verb, self.word) {
            (Verb::Reserve, "reserved") => Some(began),
            (Verb::Reserve, "settled" | "compensated") => and(Verb::Confirm),
            (Verb::Reserve, "cancelled") => and(Verb::Cancel),
            // A confirm without a reservation, or a reversal waiting to be granted, may use the id before or after another request.
            _ if ends(&self.event, first.request) => {
                // A declined reservation may have been confirmed before its promise came.
                and(Verb::Confirm).or(Some(began))
            }
            _ => None,
        }
    }

    /// The requests that it answers, from all requests and events of its flow.
    pub fn answers_within(&self, flow: &Causes) -> Answers {
        let mut answers: Answers = flow.request_of(&self.event).into_iter().collect();
        if self.ends_transfer() {
            answers.extend(flow.events.values().filter_map(waits_for_the_end));
        }
        answers
    }

    fn ends_transfer(&self) -> bool {
        matches!(
            self.event.fact,
            Fact::Movement(_, MovementFact::TransferSettled)
                | Fact::Request(_, RequestFact::TransferFailed(..))
        )
    }
}

impl Causes {
    /// The request that led to an event, with its verb.
    fn request_of(&self, event: &Event) -> Option<(Verb, EventId)> {
        let mut cause = event.cause;
        for _ in 0..=self.events.len() {
            if let Some(verb) = self.requests.get(&cause) {
                return Some((*verb, cause));
            }
            cause = self.events.get(&cause)?.cause;
        }
        None
    }
}

/// The request that waits for the end of the transfer after this event.
fn waits_for_the_end(event: &Event) -> Option<(Verb, EventId)> {
    match &event.fact {
        Fact::Movement(_, MovementFact::FundsReserved(_)) => Some((Verb::Reserve, event.cause)),
        Fact::Movement(_, MovementFact::ConfirmationDeferred) => Some((Verb::Confirm, event.cause)),
        Fact::Account(..) | Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => None,
    }
}

/// Whether `request` began a transfer that ended with this event, without another request of its payer in between.
fn ends(event: &Event, request: EventId) -> bool {
    ENDS.iter().any(|steps| led(event, request, steps))
}

/// Whether these steps lead from `request` to `event`.
fn led(event: &Event, request: EventId, steps: &[Kind]) -> bool {
    after(request, steps, &event.fact.account()) == event.id
}

/// The id of the event at the end of these steps, each derived from the one before.
fn after(request: EventId, steps: &[Kind], account: &AccountId) -> EventId {
    let step = |cause: EventId, kind: &Kind| derive(account, cause.0, &[kind.name().as_bytes()]);
    steps.iter().fold(request, step)
}
