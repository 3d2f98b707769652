//! A flow in a few sentences, for a reader who was not there.
//!
//! | part | tells |
//! |---|---|
//! | `payment` | what moves money, or should have |
//! | `reservation` | what holds it first |
//! | `others` | operators' requests, and further requests under the same id |

mod others;
mod payment;
mod reservation;

use jiff::Timestamp;
use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;

use crate::flow::Flow;
use crate::steps::{self, Step};
use crate::text::{clean, span, span_us, time};

/// The story, in one to four sentences; more if the id was used again.
pub fn of(flow: &Flow) -> Vec<String> {
    let steps = steps::of(flow);
    let teller = Teller { flow, steps: &steps };
    let mut sentences = match flow.first_verb().map(Verb::flow) {
        Some(Verb::Transfer) => teller.payment(),
        Some(_) | None => teller.operator(),
    };
    sentences.extend(teller.waits());
    sentences.extend(teller.given_back());
    sentences.extend(teller.later_requests());
    sentences.iter().map(|sentence| clean(sentence)).collect()
}

struct Teller<'f> {
    flow: &'f Flow,
    steps: &'f [Step],
}

impl Teller<'_> {
    /// The flow's own first step whose fact matches.
    fn find(&self, wanted: impl Fn(&Fact) -> bool) -> Option<&Step> {
        let own = self.steps.iter().filter(|step| step.root == 0);
        own.into_iter()
            .find(|step| step.content.fact().is_some_and(&wanted))
    }

    fn started(&self) -> String {
        format!("{} UTC", time(self.flow.started_at))
    }

    /// The flow's duration.
    fn took(&self) -> String {
        self.flow.took().map_or_else(|| "a while".to_owned(), span)
    }

    /// The reason for the failure, as the beginning of a sentence.
    fn why(&self) -> String {
        match (&self.flow.detail, &self.flow.reason) {
            (Some(detail), _) => detail.clone(),
            (None, Some(reason)) => reason.clone(),
            (None, None) => "no reason was given".to_owned(),
        }
    }

    /// The requested amount.
    fn money(&self) -> Option<String> {
        self.flow.payee.as_ref()?;
        self.flow.requested_money()
    }

    fn payee(&self) -> &str {
        self.flow.payee.as_deref().unwrap_or("nobody")
    }

    /// How long it took until the payer had the money back.
    fn back(&self) -> String {
        let undone = |fact: &Fact| {
            matches!(
                fact,
                Fact::Movement(
                    _,
                    MovementFact::DebitReversed(..) | MovementFact::ReservationReleased(..)
                )
            )
        };
        let back = self.find(undone).map(|step| span_us(step.at_us));
        back.unwrap_or_else(|| self.took())
    }

    /// How long it was held, if it waited for its payer.
    fn held(&self) -> Option<String> {
        self.flow.held_for_us().filter(|us| *us > 0).map(span_us)
    }

    /// What it waits for.
    fn waits(&self) -> Option<String> {
        let since = |at: Timestamp| format!(", since {} UTC", time(at));
        if let Some(parked) = self.flow.parked.first() {
            return Some(format!("It is parked: {}.", parked.describe()));
        }
        if let Some(stuck) = &self.flow.stuck {
            return Some(format!(
                "It is stuck: {}{}.",
                stuck.describe(),
                since(stuck.since)
            ));
        }
        let expected = self.flow.expected.last()?;
        Some(format!(
            "It waits: {}{}.",
            expected.describe(self.flow),
            since(expected.since)
        ))
    }

    fn given_back(&self) -> Option<String> {
        let settled = self
            .flow
            .reversed_by
            .iter()
            .filter(|back| back.status == Status::Settled);
        let amounts: Vec<&str> = settled.filter_map(|back| back.amount.as_deref()).collect();
        let code = self.flow.currency.as_deref().unwrap_or_default();
        let payee = self.payee();
        (!amounts.is_empty())
            .then(|| format!("{payee} gave back {} {code} of it later.", amounts.join(" and ")))
    }
}
