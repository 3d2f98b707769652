//! One transfer as the logs tell it, and how it may end.

use std::collections::BTreeSet;

use wallet_contract::event::{Event, Fact, Kind, MovementFact, RequestFact};

use crate::events::Tally;
use crate::{Breach, hold};

/// A transfer, as recorded on its home shard.
#[derive(Debug, Default)]
pub struct Flow {
    /// Held, in minor units.
    pub held: i128,
    /// In transit, in minor units.
    pub in_transit: i128,
    /// Amount given back, in minor units.
    pub given_back: i128,
    /// When its reservation expires, in microseconds since 1970.
    pub expires_us: Option<i64>,
    said: BTreeSet<Kind>,
    moved: Tally,
    ended: bool,
}

impl Flow {
    /// Records an event of the flow.
    pub fn note(&mut self, event: &Event) -> Result<(), Breach> {
        self.moved.add(&event.fact);
        match &event.fact {
            // An operator may use one id for many requests.
            Fact::Account(..) | Fact::Message(_) => return Ok(()),
            Fact::Movement(_, fact) => self.note_movement(event, fact)?,
            Fact::Request(_, fact) => match fact {
                RequestFact::TransferFailed(..) => self.invariant_one_end(event)?,
                RequestFact::DebitRefused(..) | RequestFact::ReservationBarred => {}
                // Any number of requests can be refused.
                RequestFact::RequestRefused(..)
                | RequestFact::ReversalDenied(..)
                | RequestFact::RequestRecalled(..) => return Ok(()),
            },
        }
        self.invariant_steps_happen_once(event)
    }

    fn note_movement(&mut self, event: &Event, fact: &MovementFact) -> Result<(), Breach> {
        match fact {
            MovementFact::FundsReserved(terms) => {
                self.expires_us = Some(terms.expires.as_microsecond());
            }
            MovementFact::CreditRefused(_) => self.invariant_a_promise_is_kept(event)?,
            MovementFact::TransferSettled => self.invariant_one_end(event)?,
            MovementFact::AccountDebited
            | MovementFact::AccountCredited
            | MovementFact::DebitReversed(_)
            | MovementFact::CreditPromised(_)
            | MovementFact::ConfirmationDeferred
            | MovementFact::ReservationReleased(..)
            | MovementFact::ReversalGranted => {}
        }
        Ok(())
    }

    /// What its payee received.
    pub fn received(&self) -> i128 {
        let credited = self.moved.credited.iter();
        credited
            .map(|movement| i128::from(movement.money.amount.minor()))
            .sum()
    }

    /// Whether the next event must come from its payer or from the clock.
    pub fn waits(&self) -> bool {
        let said = |kind: Kind| self.said.contains(&kind);
        said(Kind::CreditPromised) && self.held > 0 && !self.ended
    }

    /// Whether it has ended, or no transfer has begun.
    pub fn has_ended(&self) -> bool {
        self.ended || self.said.is_empty()
    }

    /// Its events so far, as text.
    pub fn told(&self) -> String {
        let words = self.said.iter().map(|kind| kind.short());
        words.collect::<Vec<_>>().join(", ")
    }

    fn invariant_steps_happen_once(&mut self, event: &Event) -> Result<(), Breach> {
        let first = self.said.insert(event.fact.kind());
        hold("invariant_steps_happen_once", first, || {
            format!(
                "{} of {} is said again, as {}: {}",
                event.fact.kind(),
                event.transfer,
                event.id,
                self.told()
            )
        })
    }

    /// What was promised to a payee is credited, whatever has become of its account since.
    fn invariant_a_promise_is_kept(&self, event: &Event) -> Result<(), Breach> {
        let promised = self.said.contains(&Kind::CreditPromised);
        hold("invariant_a_promise_is_kept", !promised, || {
            format!("{:?} of {}: {}", event.fact, event.transfer, self.told())
        })
    }

    /// Each transfer ends once: settled with one debit and one credit of the same amount, or failed with its payer whole.
    fn invariant_one_end(&mut self, event: &Event) -> Result<(), Breach> {
        self.moved.invariant_whole()?;
        let nothing_left = self.held == 0 && self.in_transit == 0;
        let once = !std::mem::replace(&mut self.ended, true);
        hold("invariant_one_end", once && nothing_left, || {
            let (held, in_transit) = (self.held, self.in_transit);
            format!(
                "{:?}; {held} held, {in_transit} in transit; {}",
                event.fact,
                self.told()
            )
        })
    }
}
