//! A flow in a few sentences, for a person who was not there.

use jiff::Timestamp;
use wallet_contract::event::Fact;
use wallet_contract::reason::Refusal;
use wallet_contract::request::Order;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;

use crate::content::Content;
use crate::flow::{Flow, short};
use crate::steps::{self, Step};
use crate::text::{clean, span_us, time};

/// What happened, in one to four sentences; more if the id was used again.
pub fn of(flow: &Flow) -> Vec<String> {
    let steps = steps::of(flow);
    let teller = Teller { flow, steps: &steps };
    let mut told = match flow.asked().map(Verb::flow) {
        Some(Verb::Transfer) => teller.payment(),
        Some(_) | None => teller.operator(),
    };
    told.extend(teller.waits());
    told.extend(teller.given_back());
    told.extend(teller.asked_again());
    told.iter().map(|sentence| clean(sentence)).collect()
}

struct Teller<'f> {
    flow: &'f Flow,
    steps: &'f [Step],
}

impl Teller<'_> {
    /// The first step of the flow itself whose fact is looked for.
    fn find(&self, wanted: impl Fn(&Fact) -> bool) -> Option<&Step> {
        let own = self.steps.iter().filter(|step| step.root == 0);
        own.into_iter()
            .find(|step| step.content.fact().is_some_and(&wanted))
    }

    fn started(&self) -> String {
        format!("{} UTC", time(self.flow.started_at))
    }

    /// How long it all took.
    fn took(&self) -> String {
        let end = steps::last(self.steps).map(|last| last.at_us);
        let head = || {
            let ended = self.flow.ended_at.unwrap_or(self.flow.started_at);
            ended
                .as_microsecond()
                .saturating_sub(self.flow.started_at.as_microsecond())
        };
        span_us(end.unwrap_or_else(head))
    }

    /// Why it did not go well, as a sentence's beginning: what it was in this case.
    fn why(&self) -> String {
        match (&self.flow.detail, &self.flow.reason) {
            (Some(detail), _) => detail.clone(),
            (None, Some(reason)) => reason.clone(),
            (None, None) => "no reason was told".to_owned(),
        }
    }

    fn money(&self) -> Option<String> {
        self.flow.payee.as_ref()?;
        self.flow.money()
    }

    fn payee(&self) -> &str {
        self.flow.payee.as_deref().unwrap_or("nobody")
    }

    fn payment(&self) -> Vec<String> {
        let Some(money) = self.money() else {
            return self.unsound();
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

    /// A request that names no sound movement: refused, or cancelled before it was heard of.
    fn unsound(&self) -> Vec<String> {
        let (payer, started) = (&self.flow.payer, self.started());
        match self.flow.status {
            Status::Cancelled => vec![format!(
                "{payer} cancelled a reservation at {started}, before it was heard of; a reservation that comes late is refused."
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

    /// What was asked for and did not come to pass.
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
        let arrived = self.find(|fact| matches!(fact, Fact::AccountCredited(_)));
        let arrived = arrived.map(|step| span_us(step.at_us));
        let rest = match (self.payee(), arrived) {
            ("@world", _) | (_, None) => format!("; it was settled after {}", self.took()),
            (payee, Some(arrived)) => {
                format!(
                    "; {payee} had it {arrived} later, and after {} it was settled",
                    self.took()
                )
            }
        };
        let mut told = vec![format!("{what}{rest}.")];
        told.extend(
            self.flow
                .reverses
                .map(|of| format!("It gives back transfer {of}.")),
        );
        told
    }

    fn reserved(&self, money: &str) -> String {
        let (payer, payee) = (&self.flow.payer, self.payee());
        format!("{payer} reserved {money} for {payee} at {}.", self.started())
    }

    fn waits_for_payer(&self) -> String {
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

    fn confirmed(&self, money: &str) -> Vec<String> {
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

    fn declined(&self, money: &str) -> Vec<String> {
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

    fn released(&self, money: &str) -> Vec<String> {
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

    /// When the payer was whole again, from the beginning.
    fn back(&self) -> String {
        let undone = |fact: &Fact| matches!(fact, Fact::DebitReversed(..) | Fact::ReservationReleased(..));
        let back = self.find(undone).map(|step| span_us(step.at_us));
        back.unwrap_or_else(|| self.took())
    }

    fn running(&self, money: &str) -> String {
        let (payer, payee) = (self.flow.payer.as_str(), self.payee());
        let what = match (payer, payee, self.flow.verb.as_str()) {
            ("@world", payee, _) => format!("{money} is being deposited to {payee}"),
            (payer, "@world", _) => format!("{payer} is withdrawing {money}"),
            (payer, payee, "reserve") => format!("{payer} is reserving {money} for {payee}"),
            (payer, payee, "reverse") => format!("{payer} is giving back {money} to {payee}"),
            (payer, payee, _) => format!("{payer} is paying {money} to {payee}"),
        };
        let in_transit = self
            .find(|fact| matches!(fact, Fact::AccountDebited(_)))
            .is_some();
        let so_far = if in_transit {
            format!("; the money has left {payer} and is in transit")
        } else {
            String::new()
        };
        format!("{what}, since {}{so_far}.", self.started())
    }

    fn operator(&self) -> Vec<String> {
        let (account, started) = (&self.flow.payer, self.started());
        let code = self.flow.currency.as_ref();
        let code = code.map_or_else(String::new, |code| format!(" in {code}"));
        let done = match self.flow.asked() {
            Some(Verb::Open) => "opened",
            Some(Verb::Freeze) => "frozen",
            Some(Verb::Unfreeze) => "unfrozen",
            Some(Verb::Close) => "closed",
            Some(Verb::Transfer | Verb::Reserve | Verb::Confirm | Verb::Cancel | Verb::Reverse) | None => {
                self.flow.verb.as_str()
            }
        };
        match self.flow.status {
            Status::Done | Status::Settled => vec![format!(
                "{account} was {done}{code}: asked at {started}, done after {}.",
                self.took()
            )],
            Status::Running | Status::Reserved => {
                vec![format!("{account} is to be {done}{code}, since {started}.")]
            }
            Status::Refused | Status::Compensated | Status::Cancelled | Status::Expired => vec![format!(
                "{account} was to be {done}{code} at {started}. That was refused after {}: {}.",
                self.took(),
                self.why()
            )],
        }
    }

    /// Whom it waits for.
    fn waits(&self) -> Option<String> {
        let since = |at: Timestamp| format!(", since {} UTC", time(at));
        if let Some(stuck) = &self.flow.stuck {
            return Some(format!("It is stuck: {}{}.", stuck.told(), since(stuck.since)));
        }
        let expected = self.flow.expected.last()?;
        Some(format!(
            "It waits: {}{}.",
            expected.told(self.flow),
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

    /// The requests that came later under the same id and changed nothing.
    fn asked_again(&self) -> Vec<String> {
        let again = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.root > 0 && step.parent.is_none());
        again.map(|(index, step)| self.again(index, step)).collect()
    }

    fn again(&self, index: usize, step: &Step) -> String {
        let at = self.flow.events[step.event].recorded_at;
        let what = match &step.content {
            Content::Asked(verb, Some(Order::Transfer(m) | Order::Reserve(m, _) | Order::Reverse(m))) => {
                format!("a {} of {} to {}", verb.token(), m.money, m.payee)
            }
            Content::Asked(Verb::Confirm, Some(Order::Confirm(Some(money)))) => {
                format!("a confirm of {money}")
            }
            Content::Asked(verb, _) => format!("a {}", verb.token()),
            Content::Said(fact) => format!("a {}", short(fact.kind())),
            Content::Unknown => "something".to_owned(),
        };
        let answer = self.steps.iter().find(|answer| answer.parent == Some(index));
        let refusal = answer.and_then(|answer| answer.content.fact()?.refusal());
        let end = match (refusal, answer) {
            (Some(Refusal { detail, .. }), _) => format!("that was refused, and changed nothing: {detail}"),
            (None, Some(answer)) => format!("the answer was: {}", answer.words),
            (None, None) => "that has not been answered".to_owned(),
        };
        format!("At {} UTC {what} came under the same id; {end}.", time(at))
    }
}

fn is_reserved(fact: &Fact) -> bool {
    matches!(fact, Fact::FundsReserved(..))
}
