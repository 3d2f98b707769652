//! The amount and the duration of a flow, defined once for lists, headlines, stories, drawings, charts and files.

use std::time::Duration;

use crate::flow::Flow;
use crate::{held, steps};

impl Flow {
    /// The amount, such as `20.00`; for a reservation that was captured in part, `5.00 of 20.00`.
    pub fn how_much(&self) -> Option<String> {
        let amount = self.amount.as_ref()?;
        Some(match self.part() {
            Some(captured) => format!("{captured} of {amount}"),
            None => amount.clone(),
        })
    }

    /// The amount with its currency, for a flow that concerns money.
    pub fn money(&self) -> Option<String> {
        let (much, currency) = (self.how_much()?, self.currency.as_ref()?);
        Some(format!("{much} {currency}"))
    }

    /// The requested amount with its currency.
    pub(crate) fn requested_money(&self) -> Option<String> {
        let (amount, currency) = (self.amount.as_ref()?, self.currency.as_ref()?);
        Some(format!("{amount} {currency}"))
    }

    /// The captured part of a reservation, if it was neither all nor nothing.
    pub fn part(&self) -> Option<&str> {
        let captured = self.captured.as_deref()?;
        let is_nothing = captured.chars().all(|c| matches!(c, '0' | '.'));
        (!is_nothing && self.amount.as_deref() != Some(captured)).then_some(captured)
    }

    /// The flow's duration in microseconds: from its request in the log to the decision that ended it, excluding the time for
    /// which a reservation waited for its payer. None for a flow that has not ended.
    pub fn took_us(&self) -> Option<i64> {
        let ended_us = self.ended_at?.as_microsecond();
        let took_us = ended_us.saturating_sub(self.started_at.as_microsecond());
        // The two ends are measured by different clocks.
        Some(took_us.saturating_sub(self.held_for_us().unwrap_or(0)).max(0))
    }

    /// The flow's duration as a [`Duration`].
    pub fn took(&self) -> Option<Duration> {
        self.took_us()
            .map(|us| Duration::from_micros(u64::try_from(us).unwrap_or(0)))
    }

    /// How long the reservation waited for its payer, in microseconds; no service could have shortened that. The books know it;
    /// for a flow from elsewhere it is computed from the events.
    pub fn held_for_us(&self) -> Option<i64> {
        let derived = || held::of(&steps::of(self)).map(|held| held.us);
        self.held_us
            .or_else(|| self.may_be_held().then(derived).flatten())
    }

    fn may_be_held(&self) -> bool {
        self.verb == "reserve" && !self.events.is_empty()
    }
}
