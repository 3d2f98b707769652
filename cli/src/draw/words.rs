//! A flow in one sentence.

use std::time::Duration;

use crate::api::{Status, Transfer};
use crate::output::{clean, span};

/// What a flow came to, such as `alice paid 12.50 USD to bob; settled in 8.30 ms`.
pub fn headline(flow: &Transfer) -> String {
    let took = flow.ended_at.map(|end| end.duration_since(flow.started_at));
    headline_after(flow, took.and_then(|took| Duration::try_from(took).ok()))
}

/// The same, where it is known better how long it took so far.
pub(super) fn headline_after(flow: &Transfer, took: Option<Duration>) -> String {
    let what = if flow.verb == "transfer" {
        movement(flow)
    } else {
        operator(flow)
    };
    let why = flow
        .reason
        .as_ref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    let took = took.map(span);
    let took = |word: &str| {
        took.as_ref()
            .map(|took| format!("{word} {took}"))
            .unwrap_or_default()
    };
    let end = match flow.status {
        Status::Running => format!("still running{}", took(", last heard after")),
        Status::Settled => format!("settled{}", took(" in")),
        Status::Done => format!("done{}", took(" in")),
        Status::Refused => format!("refused{}{why}", took(" after")),
        Status::Compensated => format!("compensated{}{why}", took(" after")),
    };
    clean(&format!("{what}; {end}"))
}

fn movement(flow: &Transfer) -> String {
    let payer = &flow.payer;
    let (Some(payee), Some(amount), Some(currency)) = (&flow.payee, &flow.amount, &flow.currency) else {
        return format!("{payer} did not pay");
    };
    let money = format!("{amount} {currency}");
    match (payer.as_str(), payee.as_str(), flow.status) {
        ("@world", _, Status::Running) => format!("{money} is being deposited to {payee}"),
        ("@world", _, Status::Settled | Status::Done) => format!("{money} was deposited to {payee}"),
        ("@world", _, Status::Refused) => format!("{money} was not deposited to {payee}"),
        ("@world", _, Status::Compensated) => {
            format!("{money} could not be deposited to {payee} and went back")
        }
        (_, "@world", Status::Running) => format!("{payer} is withdrawing {money}"),
        (_, "@world", Status::Settled | Status::Done) => format!("{payer} withdrew {money}"),
        (_, "@world", Status::Refused) => format!("{payer} did not withdraw {money}"),
        (_, "@world", Status::Compensated) => format!("{payer} could not withdraw {money} and got it back"),
        (_, _, Status::Running) => format!("{payer} is paying {money} to {payee}"),
        (_, _, Status::Settled | Status::Done) => format!("{payer} paid {money} to {payee}"),
        (_, _, Status::Refused) => format!("{payer} did not pay {money} to {payee}"),
        (_, _, Status::Compensated) => format!("{payer} paid {money} to {payee} and got it back"),
    }
}

fn operator(flow: &Transfer) -> String {
    let account = &flow.payer;
    let currency = flow
        .currency
        .as_ref()
        .map(|currency| format!(" in {currency}"))
        .unwrap_or_default();
    let done = match flow.verb.as_str() {
        "open" => "opened",
        "freeze" => "frozen",
        "unfreeze" => "unfrozen",
        "close" => "closed",
        other => other,
    };
    match flow.status {
        Status::Running => format!("{account} is being {done}{currency}"),
        Status::Settled | Status::Done => format!("{account} was {done}{currency}"),
        Status::Refused | Status::Compensated => format!("{account} was not {done}{currency}"),
    }
}
