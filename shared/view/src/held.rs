//! How long a reservation waited for its payer to confirm or cancel. That time is the payer's and counts as no service's latency.
//!
//! It runs from when the promise is stored in the log until the confirm or the cancel is, or until the reservation expires.
//! Whatever comes before the promise, including a confirm that is waiting for it, waits for services.

use wallet_contract::event::{Fact, Failure, MovementFact};

use crate::step::Step;

/// A period of waiting for the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The step that ended it: the payer's request, or the release on expiry.
    pub step: usize,
    /// Its length, in microseconds.
    pub us: i64,
}

/// The period for which a flow was held, once it is over.
pub fn of(steps: &[Step]) -> Option<Held> {
    let own = || steps.iter().enumerate().filter(|(_, step)| step.root == 0);
    let promised = |(_, step): &(usize, &Step)| matches!(step.content.fact(), Some(Fact::Movement(_, MovementFact::CreditPromised(terms))) if !terms.auto_confirm);
    let (_, promise) = own().find(promised)?;
    let (step, until_us) = own().find_map(|(index, step)| {
        let fact = step.content.fact()?;
        if matches!(
            fact,
            Fact::Movement(_, MovementFact::ReservationReleased(Failure::Expired, _))
        ) {
            return Some((index, step.taken_us()));
        }
        let by_payer = matches!(
            fact,
            Fact::Movement(
                _,
                MovementFact::AccountDebited | MovementFact::ReservationReleased(Failure::Cancelled, _)
            )
        );
        let word = step.parent.filter(|_| by_payer)?;
        Some((word, steps[word].at_us))
    })?;
    let us = until_us.saturating_sub(promise.at_us);
    (us > 0).then_some(Held { step, us })
}
