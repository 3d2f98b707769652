//! How much a flow is about, and how long it took: said here once, for lists, headlines, stories, drawings, charts and files.

use std::time::Duration;

use crate::flow::Flow;
use crate::{held, steps};

impl Flow {
    /// How much, such as `20.00`; of a reservation of which a part was captured `5.00 of 20.00`.
    pub fn how_much(&self) -> Option<String> {
        let amount = self.amount.as_ref()?;
        Some(match self.part() {
            Some(captured) => format!("{captured} of {amount}"),
            None => amount.clone(),
        })
    }

    /// The same with its currency, if it is about money.
    pub fn money(&self) -> Option<String> {
        let (much, currency) = (self.how_much()?, self.currency.as_ref()?);
        Some(format!("{much} {currency}"))
    }

    /// What was asked for, with its currency.
    pub fn asked_money(&self) -> Option<String> {
        let (amount, currency) = (self.amount.as_ref()?, self.currency.as_ref()?);
        Some(format!("{amount} {currency}"))
    }

    /// How much of a reservation was captured, if it was neither all nor nothing.
    pub fn part(&self) -> Option<&str> {
        let captured = self.captured.as_deref()?;
        let is_nothing = captured.chars().all(|c| matches!(c, '0' | '.'));
        (!is_nothing && self.amount.as_deref() != Some(captured)).then_some(captured)
    }

    /// How long it took, microseconds: from its request in the log to the decision that ended it, less the time for which a
    /// reservation waited for its payer's word. Nothing of what has not ended.
    pub fn took_us(&self) -> Option<i64> {
        let ended_us = self.ended_at?.as_microsecond();
        let took_us = ended_us.saturating_sub(self.started_at.as_microsecond());
        // Two clocks have a say.
        Some(took_us.saturating_sub(self.held_for_us().unwrap_or(0)).max(0))
    }

    /// The same as a span of time.
    pub fn took(&self) -> Option<Duration> {
        self.took_us()
            .map(|us| Duration::from_micros(u64::try_from(us).unwrap_or(0)))
    }

    /// For how long it was held and waited for its payer's word, microseconds: no service could have been faster. The books know
    /// it; of a flow from elsewhere its events do.
    pub fn held_for_us(&self) -> Option<i64> {
        let told = || held::of(&steps::of(self)).map(|held| held.us);
        self.held_us.or_else(|| self.may_be_held().then(told).flatten())
    }

    fn may_be_held(&self) -> bool {
        self.verb == "reserve" && !self.events.is_empty()
    }
}
