//! A set of events, in no order: ids, causes, and how each transfer ended.

use std::collections::BTreeSet;

use wallet_contract::event::{Fact, Failure, Movement, MovementFact, RequestFact};
use wallet_contract::id::EventId;

use crate::{Breach, hold};

/// What became of a transfer, over all its events.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// What left the payer's account.
    pub debited: Vec<Movement>,
    /// What the payee received.
    pub credited: Vec<Movement>,
    /// What the payer got back.
    pub reversed: Vec<Movement>,
    /// What settled.
    pub settled: Vec<Movement>,
    /// How it failed.
    pub failed: Vec<Failure>,
}

impl Tally {
    /// Adds an event of the transfer.
    pub fn add(&mut self, fact: &Fact) {
        match fact {
            Fact::Movement(movement, moved) => match moved {
                MovementFact::AccountDebited => self.debited.push(movement.clone()),
                MovementFact::AccountCredited => self.credited.push(movement.clone()),
                MovementFact::DebitReversed(_) => self.reversed.push(movement.clone()),
                MovementFact::TransferSettled => self.settled.push(movement.clone()),
                MovementFact::CreditRefused(_)
                | MovementFact::FundsReserved(_)
                | MovementFact::CreditPromised(_)
                | MovementFact::ConfirmationDeferred
                | MovementFact::ReservationReleased(..)
                | MovementFact::ReversalGranted => {}
            },
            Fact::Request(_, RequestFact::TransferFailed(_, failure, _)) => self.failed.push(*failure),
            Fact::Account(..) | Fact::Request(..) | Fact::Message(_) => {}
        }
    }

    /// A transfer is debited, credited, given back and ended at most once.
    pub fn invariant_at_most_once(&self) -> Result<(), Breach> {
        let once = [&self.debited, &self.credited, &self.reversed];
        let holds = once.iter().all(|moved| moved.len() <= 1)
            && self.credited.len() + self.reversed.len() <= 1
            && self.settled.len() + self.failed.len() <= 1;
        hold("invariant_at_most_once", holds, || format!("{self:?}"))
    }

    /// A settled transfer has one debit and one credit of the same movement; a failed one leaves its payer whole.
    pub fn invariant_whole(&self) -> Result<(), Breach> {
        let settled = self.settled.is_empty()
            || self.settled == self.credited && self.settled == self.debited && self.reversed.is_empty();
        let given_back = |debited: &Movement, back: &Movement| debited.money == back.money;
        let whole = self.debited.len() == self.reversed.len()
            && self
                .debited
                .iter()
                .zip(&self.reversed)
                .all(|(debited, back)| given_back(debited, back));
        let compensated = self.failed.contains(&Failure::Compensated);
        let failed = self.failed.is_empty()
            || self.credited.is_empty() && whole && compensated != self.debited.is_empty();
        hold("invariant_whole", settled && failed, || format!("{self:?}"))
    }
}

/// No two events share an id.
pub fn invariant_ids_are_unique(ids: impl IntoIterator<Item = EventId>) -> Result<(), Breach> {
    let mut known = BTreeSet::new();
    let twice = ids.into_iter().find(|id| !known.insert(*id));
    hold("invariant_ids_are_unique", twice.is_none(), || {
        format!("{twice:?}")
    })
}

/// The cause of an event is a delivered request or another event.
pub fn invariant_causes_exist(
    ids: &BTreeSet<EventId>,
    causes: impl IntoIterator<Item = EventId>,
) -> Result<(), Breach> {
    let missing = causes.into_iter().find(|cause| !ids.contains(cause));
    hold("invariant_causes_exist", missing.is_none(), || {
        format!("{missing:?}")
    })
}
