//! What holds money first.

use jiff::Timestamp;
use wallet_contract::event::Fact;
use wallet_contract::status::Status;

use super::Teller;
use crate::text::{span_us, time};

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
            "The money is held and promised to {}. It waits for {} to confirm or cancel; if nobody does, it is released{until}.",
            self.payee(),
            self.flow.payer
        )
    }

    fn expires(&self) -> Option<Timestamp> {
        let reserved = self.find(is_reserved)?.content.fact();
        if let Some(Fact::FundsReserved(_, terms)) = reserved {
            return Some(terms.expires);
        }
        None
    }

    pub(super) fn confirmed(&self, money: &str) -> Vec<String> {
        let debited = self.find(|fact| matches!(fact, Fact::AccountDebited(_)));
        let after = debited.map_or_else(|| self.took(), |step| span_us(step.at_us));
        let by = if self
            .find(|fact| matches!(fact, Fact::CreditPromised(_, terms) if terms.auto_confirm))
            .is_some()
        {
            "the promise of the payee's side confirmed it".to_owned()
        } else {
            format!("{} confirmed it", self.flow.payer)
        };
        let part = self.flow.captured.as_ref().zip(self.flow.currency.as_ref());
        let part =
            part.map(|(captured, code)| format!(" in part: {captured} {code} went to {}", self.payee()));
        let rest = match part {
            Some(part) => format!("{part}, and the rest was {}'s again at once", self.flow.payer),
            None => format!(", and all of it went to {}", self.payee()),
        };
        vec![
            self.reserved(money),
            format!("After {after} {by}{rest}. It was settled after {}.", self.took()),
        ]
    }

    pub(super) fn declined(&self, money: &str) -> Vec<String> {
        let (payer, payee) = (&self.flow.payer, self.payee());
        vec![
            self.reserved(money),
            format!(
                "{}, so {payee}'s side did not promise to take it, and the money was {payer}'s to spend again {} later.",
                self.why(),
                self.back()
            ),
        ]
    }

    pub(super) fn released(&self, money: &str) -> Vec<String> {
        let (payer, back) = (&self.flow.payer, self.back());
        let why = if self.flow.status == Status::Expired {
            "Nobody confirmed it in time, so it was released"
        } else {
            "It was cancelled"
        };
        vec![
            self.reserved(money),
            format!("{why}, and the money was {payer}'s to spend again {back} after the beginning."),
        ]
    }
}

/// Whether money was held.
pub(super) fn is_reserved(fact: &Fact) -> bool {
    matches!(fact, Fact::FundsReserved(..))
}
