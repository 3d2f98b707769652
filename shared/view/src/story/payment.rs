//! What moves money, or should have.

use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::status::Status;

use super::Teller;
use super::reservation::is_reserved;
use crate::text::span_us;

impl Teller<'_> {
    pub(super) fn payment(&self) -> Vec<String> {
        let Some(money) = self.money() else {
            return self.without_movement();
        };
        let reserved = self.flow.verb == "reserve" || self.find(is_reserved).is_some();
        match self.flow.status {
            Status::Settled if reserved => self.confirmed(&money),
            Status::Settled => self.settled(&money),
            Status::Refused if self.find(is_reserved).is_some() => self.declined(&money),
            Status::Refused => vec![
                format!("{} at {}.", self.wanted(&money), self.started()),
                format!(
                    "That was refused after {}: {}. No money moved.",
                    self.took(),
                    self.why()
                ),
            ],
            Status::Compensated => self.compensated(&money, reserved),
            Status::Reserved => vec![self.reserved(&money), self.waits_for_payer()],
            Status::Cancelled | Status::Expired => self.released(&money),
            Status::Running | Status::Done => vec![self.running(&money)],
        }
    }

    /// A request without a valid movement: refused, or cancelled before it arrived.
    fn without_movement(&self) -> Vec<String> {
        let (payer, started) = (&self.flow.payer, self.started());
        match self.flow.status {
            Status::Cancelled => vec![format!(
                "{payer} cancelled a reservation at {started}, before it arrived; a later reserve is refused."
            )],
            Status::Running | Status::Reserved => {
                vec![format!("{payer} asked to {} at {started}.", self.flow.verb)]
            }
            Status::Settled | Status::Refused | Status::Compensated | Status::Expired | Status::Done => vec![
                format!("{payer} asked to {} at {started}.", self.flow.verb),
                format!(
                    "That was refused after {}: {}. No money moved.",
                    self.took(),
                    self.why()
                ),
            ],
        }
    }

    /// What was requested and did not happen.
    fn wanted(&self, money: &str) -> String {
        let (payer, payee) = (self.flow.payer.as_str(), self.payee());
        match (payer, payee, self.flow.verb.as_str()) {
            ("@world", payee, _) => format!("{money} was to be deposited to {payee}"),
            (payer, "@world", _) => format!("{payer} wanted to withdraw {money}"),
            (payer, payee, "reserve") => format!("{payer} wanted to reserve {money} for {payee}"),
            (payer, payee, "reverse") => format!("{payer} wanted to give back {money} to {payee}"),
            (payer, payee, _) => format!("{payer} wanted to pay {money} to {payee}"),
        }
    }

    /// What was done, or begun.
    fn paid(&self, money: &str) -> String {
        let (payer, payee) = (self.flow.payer.as_str(), self.payee());
        match (payer, payee) {
            ("@world", payee) => format!("{money} was deposited to {payee}"),
            (payer, "@world") => format!("{payer} withdrew {money}"),
            (payer, payee) if self.flow.reverses.is_some() => format!("{payer} gave back {money} to {payee}"),
            (payer, payee) => format!("{payer} paid {money} to {payee}"),
        }
    }

    fn settled(&self, money: &str) -> Vec<String> {
        let what = format!("{} at {}", self.paid(money), self.started());
        let arrived = self.find(|fact| matches!(fact, Fact::Movement(_, MovementFact::AccountCredited)));
        let arrived = arrived.map(|step| span_us(step.at_us));
        let rest = match (self.payee(), arrived) {
            ("@world", _) | (_, None) => format!("; it was settled after {}", self.took()),
            (payee, Some(arrived)) => {
                format!(
                    "; {payee} received it {arrived} later, and it was settled after {}",
                    self.took()
                )
            }
        };
        let mut sentences = vec![format!("{what}{rest}.")];
        sentences.extend(
            self.flow
                .reverses
                .map(|of| format!("It gives back transfer {of}.")),
        );
        sentences
    }

    fn compensated(&self, money: &str, reserved: bool) -> Vec<String> {
        let began = if reserved {
            self.reserved(money)
        } else {
            format!("{} at {}.", self.paid(money), self.started())
        };
        let (why, payer, back) = (self.why(), &self.flow.payer, self.back());
        vec![
            began,
            format!("{why}, so the credit was refused, and {payer} got the money back {back} later."),
        ]
    }

    fn running(&self, money: &str) -> String {
        let (payer, payee) = (self.flow.payer.as_str(), self.payee());
        let in_transit = self
            .find(|fact| matches!(fact, Fact::Movement(_, MovementFact::AccountDebited)))
            .is_some();
        let what = match (payer, payee, self.flow.verb.as_str()) {
            ("@world", payee, _) => format!("{money} is being deposited to {payee}"),
            (payer, "@world", _) => format!("{payer} is withdrawing {money}"),
            (payer, payee, "reserve") if in_transit => {
                let money = self.flow.money().unwrap_or_default();
                format!("{payer} is paying {money} to {payee}")
            }
            (payer, payee, "reserve") => format!("{payer} is reserving {money} for {payee}"),
            (payer, payee, "reverse") => format!("{payer} is giving back {money} to {payee}"),
            (payer, payee, _) => format!("{payer} is paying {money} to {payee}"),
        };
        let so_far = if in_transit {
            format!("; the money has left {payer} and is in transit")
        } else {
            String::new()
        };
        format!("{what}, since {}{so_far}.", self.started())
    }
}
