//! Reservations: money is held first.

use jiff::Timestamp;
use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::status::Status;

use super::Teller;
use crate::text::time;

impl Teller<'_> {
    pub(super) fn reserved(&self, money: &str) -> String {
        let (payer, payee) = (&self.flow.payer, self.payee());
        format!("{payer} reserved {money} for {payee} at {}.", self.started())
    }

    pub(super) fn waits_for_payer(&self) -> String {
        let until = self
            .expires()
            .map_or_else(String::new, |at| format!(" at {} UTC", time(at)));
        format!(
            "The money is held and promised to {}. It waits for {} to confirm or cancel; otherwise it is released{until}.",
            self.payee(),
            self.flow.payer
        )
    }

    fn expires(&self) -> Option<Timestamp> {
        let reserved = self.find(is_reserved)?.content.fact();
        if let Some(Fact::Movement(_, MovementFact::FundsReserved(terms))) = reserved {
            return Some(terms.expires);
        }
        None
    }

    pub(super) fn confirmed(&self, money: &str) -> Vec<String> {
        let (payer, payee) = (&self.flow.payer, self.payee());
        let auto = |fact: &Fact| matches!(fact, Fact::Movement(_, MovementFact::CreditPromised(terms)) if terms.auto_confirm);
        let confirmed = match self.held() {
            _ if self.find(auto).is_some() => {
                format!("It was confirmed automatically when {payee}'s side promised it")
            }
            Some(held) => format!("It was held for {held}, until {payer} confirmed it"),
            None => format!("{payer} confirmed it"),
        };
        let (part, released) = (self.flow.part(), self.flow.released.as_ref());
        let moved = match (part, self.flow.currency.as_ref()) {
            (Some(captured), Some(code)) => {
                let rest = released.map_or_else(|| "the rest".to_owned(), |rest| format!("{rest} {code}"));
                format!(
                    "{captured} of {money} went to {payee}, and {rest} was available to {payer} again at once"
                )
            }
            (_, _) => format!("all of it went to {payee}"),
        };
        vec![
            self.reserved(money),
            format!(
                "{confirmed}: {moved}. It was settled after {}{}.",
                self.took(),
                self.not_counting()
            ),
        ]
    }

    /// What the duration excludes.
    fn not_counting(&self) -> &'static str {
        if self.held().is_some() {
            ", not counting the time for which it was held"
        } else {
            ""
        }
    }

    pub(super) fn declined(&self, money: &str) -> Vec<String> {
        let (payer, payee) = (&self.flow.payer, self.payee());
        vec![
            self.reserved(money),
            format!(
                "{}, so {payee}'s side declined it, and the money was available to {payer} again {} later.",
                self.why(),
                self.back()
            ),
        ]
    }

    pub(super) fn released(&self, money: &str) -> Vec<String> {
        let payer = &self.flow.payer;
        let expired = self.flow.status == Status::Expired;
        let why = match (expired, self.held()) {
            (true, Some(held)) => {
                format!("It was held for {held} and was not confirmed in time, so it was released")
            }
            (true, None) => "It was not confirmed in time, so it was released".to_owned(),
            (false, Some(held)) => format!("It was held for {held}, until {payer} cancelled it"),
            (false, None) => format!("{payer} cancelled it"),
        };
        vec![
            self.reserved(money),
            format!("{why}, and all of it was available to {payer} again."),
        ]
    }
}

/// Whether money was held.
pub(super) fn is_reserved(fact: &Fact) -> bool {
    matches!(fact, Fact::Movement(_, MovementFact::FundsReserved(..)))
}
