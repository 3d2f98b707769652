//! A transfer's row, and how events change it.

use wallet_contract::event::{Event, Fact, Failure, Movement, MovementFact, RequestFact, Terms};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::money::Amount;
use wallet_contract::trace::TraceId;

use crate::phase::{Phase, Rule, Signal, rule};

/// A transfer whose payer belongs to this shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The requested movement; `None` if the request was invalid.
    pub movement: Option<Movement>,
    /// How far it has progressed.
    pub phase: Phase,
    /// The reservation, if the transfer has two phases; for a refused one, what was requested.
    pub reservation: Option<Reservation>,
    /// When it reached its phases.
    pub times: Times,
}

/// The state of a transfer in two phases that is needed to finish or undo it after any crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// When it is due, microseconds since 1970.
    pub expires_us: i64,
    /// Whether the promise confirms it without a request.
    pub auto_confirm: bool,
    /// The confirmed amount; `None` until confirmed.
    pub captured: Option<Amount>,
    /// The flow's trace.
    pub trace: TraceId,
    /// The event that created the reservation.
    pub event: EventId,
}

/// When a transfer reached its phases, microseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The first decision.
    pub decided: i64,
    /// The payee's side's promise.
    pub promised: Option<i64>,
    /// The decision on the payer's confirm or cancel, or on the deadline.
    pub ordered: Option<i64>,
    /// The payee's side's final answer: credited, or refused.
    pub answered: Option<i64>,
}

impl Transfer {
    /// The transfer that it reverses, if it is a reversal.
    pub fn reverses(&self) -> Option<TransferId> {
        self.movement.as_ref()?.reverses
    }

    /// When it expires, microseconds since 1970; `None` once it can no longer expire.
    pub fn due_us(&self) -> Option<i64> {
        let ends = matches!(rule(Some(self.phase), Signal::Due), Rule::Release(_));
        self.reservation
            .as_ref()
            .filter(|_| ends)
            .map(|reservation| reservation.expires_us)
    }

    /// The row that debit-svc's first decision on a transfer creates.
    pub fn started_by(event: &Event, at_us: i64) -> Option<Self> {
        let (phase, terms) = match &event.fact {
            Fact::Movement(_, fact) => started_by_movement(fact)?,
            Fact::Request(_, RequestFact::DebitRefused(_, terms, _)) => (Phase::Refused, terms.as_deref()),
            Fact::Request(_, RequestFact::ReservationBarred) => (Phase::Cancelled, None),
            Fact::Request(
                _,
                RequestFact::ReversalDenied(..)
                | RequestFact::TransferFailed(..)
                | RequestFact::RequestRefused(..)
                | RequestFact::RequestRecalled(..),
            )
            | Fact::Account(..)
            | Fact::Message(_) => return None,
        };
        let reservation = terms.map(|terms| Reservation {
            expires_us: terms.expires.as_microsecond(),
            auto_confirm: terms.auto_confirm,
            captured: None,
            trace: event.trace,
            event: event.id,
        });
        let times = Times {
            decided: at_us,
            ..Times::default()
        };
        Some(Self {
            movement: event.fact.movement().cloned(),
            phase,
            reservation,
            times,
        })
    }

    /// Applies a later event. Events about a request do not change an existing row.
    pub fn take(&mut self, event: &Event, at_us: i64) {
        let Fact::Movement(movement, fact) = &event.fact else {
            return;
        };
        match fact {
            MovementFact::CreditPromised(_) => {
                self.times.promised.get_or_insert(at_us);
                if self.phase == Phase::Reserved {
                    self.phase = Phase::Promised;
                }
            }
            MovementFact::CreditRefused(_) => {
                self.times.answered.get_or_insert(at_us);
            }
            MovementFact::AccountCredited => {
                self.times.answered.get_or_insert(at_us);
                if self.phase == Phase::Debited {
                    self.phase = Phase::Credited;
                } else if self.phase == Phase::Confirmed {
                    self.phase = Phase::Completed;
                }
            }
            MovementFact::ConfirmationDeferred => self.confirm(movement, Phase::Confirming, at_us),
            MovementFact::AccountDebited => self.confirm(movement, Phase::Confirmed, at_us),
            MovementFact::DebitReversed(_) => self.phase = Phase::Reversed,
            MovementFact::ReservationReleased(failure, _) => {
                self.phase = match failure {
                    Failure::Cancelled => Phase::Cancelled,
                    Failure::Expired => Phase::Expired,
                    Failure::Refused | Failure::Compensated => Phase::Declined,
                };
                if self.phase != Phase::Declined {
                    self.times.ordered.get_or_insert(at_us);
                }
            }
            MovementFact::FundsReserved(_)
            | MovementFact::ReversalGranted
            | MovementFact::TransferSettled => {}
        }
    }

    fn confirm(&mut self, movement: &Movement, phase: Phase, at_us: i64) {
        self.phase = phase;
        self.times.ordered.get_or_insert(at_us);
        if let Some(reservation) = &mut self.reservation {
            reservation.captured = Some(movement.money.amount);
        }
    }
}

fn started_by_movement(fact: &MovementFact) -> Option<(Phase, Option<&Terms>)> {
    match fact {
        MovementFact::AccountDebited => Some((Phase::Debited, None)),
        MovementFact::FundsReserved(terms) => Some((Phase::Reserved, Some(terms))),
        MovementFact::DebitReversed(_)
        | MovementFact::AccountCredited
        | MovementFact::CreditRefused(_)
        | MovementFact::CreditPromised(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReservationReleased(..)
        | MovementFact::ReversalGranted
        | MovementFact::TransferSettled => None,
    }
}
