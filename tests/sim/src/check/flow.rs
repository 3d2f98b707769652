//! What the logs say of one transfer, and how it may end.

use std::collections::BTreeSet;

use wallet_contract::event::{Event, Fact, Failure, Kind, Movement};

use super::{Breach, hold};

/// A transfer, as its home's shard has it.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// What is held, minor units.
    pub(crate) held: i128,
    /// What is in transit, minor units.
    pub(crate) in_transit: i128,
    /// How much of it was given back, minor units.
    pub(crate) given_back: i128,
    /// When its reservation is due, microseconds since 1970.
    pub(crate) expires_us: Option<i64>,
    said: BTreeSet<Kind>,
    reserved: Option<Movement>,
    debited: Option<Movement>,
    pub(crate) credited: Option<Movement>,
    reversed: bool,
    ended: bool,
}

impl Flow {
    /// Notes what was said of it.
    pub(crate) fn note(&mut self, event: &Event) -> Result<(), Breach> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "a few of many change how it stands"
        )]
        match &event.fact {
            // Any number of requests can be refused, and an operator may use one id for many.
            Fact::RequestRefused(..)
            | Fact::ReversalDenied(..)
            | Fact::RequestRecalled(..)
            | Fact::MessageParked(_)
            | Fact::MessageResolved(_)
            | Fact::AccountOpened(..)
            | Fact::AccountFrozen(_)
            | Fact::AccountUnfrozen(_)
            | Fact::AccountClosing(_)
            | Fact::ClosureAccepted(_)
            | Fact::ClosureRefused(..)
            | Fact::AccountClosed(_) => return Ok(()),
            Fact::FundsReserved(movement, terms) => {
                self.reserved = Some(movement.clone());
                self.expires_us = Some(terms.expires.as_microsecond());
            }
            Fact::AccountDebited(movement) => self.debited = Some(movement.clone()),
            Fact::AccountCredited(movement) => self.credited = Some(movement.clone()),
            Fact::DebitReversed(..) => self.reversed = true,
            Fact::CreditRefused(..) => self.invariant_a_promise_is_kept(event)?,
            Fact::TransferSettled(_) | Fact::TransferFailed(..) => self.invariant_one_end(event)?,
            _ => {}
        }
        self.invariant_steps_happen_once(event)
    }

    /// Whether its payer, or the clock, has the next word.
    pub(crate) fn waits(&self) -> bool {
        let said = |kind: Kind| self.said.contains(&kind);
        said(Kind::CreditPromised) && self.held > 0 && !self.ended
    }

    /// Whether it has ended, or no transfer has begun.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended || self.said.is_empty()
    }

    /// What was said of it, in words.
    pub(crate) fn told(&self) -> String {
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

    /// What was promised to a payee is credited, whatever has become of its account.
    fn invariant_a_promise_is_kept(&self, event: &Event) -> Result<(), Breach> {
        let promised = self.said.contains(&Kind::CreditPromised);
        hold("invariant_a_promise_is_kept", !promised, || {
            format!("{:?} of {}: {}", event.fact, event.transfer, self.told())
        })
    }

    /// Each transfer ends once: settled with one debit and one credit of the same amount, or failed with its payer whole.
    fn invariant_one_end(&mut self, event: &Event) -> Result<(), Breach> {
        let sound = if let Fact::TransferSettled(movement) = &event.fact {
            let moved = Some(movement);
            self.debited.as_ref() == moved && self.credited.as_ref() == moved && !self.reversed
        } else {
            let compensated = matches!(event.fact, Fact::TransferFailed(_, _, Failure::Compensated, _));
            let whole = self.debited.is_some() == compensated && self.reversed == compensated;
            whole && self.credited.is_none()
        };
        let nothing_left = self.held == 0 && self.in_transit == 0;
        let once = !std::mem::replace(&mut self.ended, true);
        hold("invariant_one_end", once && sound && nothing_left, || {
            let (held, in_transit) = (self.held, self.in_transit);
            format!(
                "{:?}; {held} held, {in_transit} in transit; {}",
                event.fact,
                self.told()
            )
        })
    }
}
