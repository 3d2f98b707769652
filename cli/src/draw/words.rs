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
    let what = if flow.is_payment() {
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
        Status::Reserved => format!("waits to be confirmed{}", took(", last heard after")),
        Status::Settled => format!("settled{}", took(" in")),
        Status::Done => format!("done{}", took(" in")),
        Status::Refused => format!("refused{}{why}", took(" after")),
        Status::Compensated => format!("compensated{}{why}", took(" after")),
        Status::Cancelled => format!("cancelled{}", took(" after")),
        Status::Expired => format!("expired{}", took(" after")),
    };
    clean(&format!("{what}; {end}"))
}

fn movement(flow: &Transfer) -> String {
    let payer = &flow.payer;
    let (Some(payee), Some(amount), Some(currency)) = (&flow.payee, &flow.amount, &flow.currency) else {
        return match flow.status {
            Status::Cancelled => format!("{payer} cancelled a reservation before it was heard of"),
            _ => format!("{payer} did not pay"),
        };
    };
    let money = format!("{amount} {currency}");
    match flow.status {
        Status::Reserved => return format!("{payer} reserved {money} for {payee}"),
        Status::Cancelled => return format!("{payer} reserved {money} for {payee} and cancelled"),
        Status::Expired => {
            return format!("{payer} reserved {money} for {payee} and did not confirm in time");
        }
        Status::Running if flow.verb == "reserve" => {
            return format!("{payer} is reserving {money} for {payee}");
        }
        Status::Running | Status::Settled | Status::Refused | Status::Compensated | Status::Done => {}
    }
    if let Some(captured) = &flow.captured {
        return format!("{payer} paid {captured} of {money} reserved for {payee}");
    }
    let paid = |is: &str, was: &str, was_not: &str| match flow.status {
        Status::Running | Status::Reserved => is.to_owned(),
        Status::Settled | Status::Done => was.to_owned(),
        Status::Refused | Status::Cancelled | Status::Expired => was_not.to_owned(),
        Status::Compensated => format!("{was} and got it back"),
    };
    match (payer.as_str(), payee.as_str()) {
        _ if flow.reverses.is_some() => {
            let verb = paid("is giving back", "gave back", "did not give back");
            match verb.strip_suffix(" and got it back") {
                Some(verb) => format!("{payer} {verb} {money} to {payee} and got it again"),
                None => format!("{payer} {verb} {money} to {payee}"),
            }
        }
        ("@world", _) => match flow.status {
            Status::Compensated => format!("{money} could not be deposited to {payee} and went back"),
            _ => format!(
                "{money} {} to {payee}",
                paid("is being deposited", "was deposited", "was not deposited")
            ),
        },
        (_, "@world") => match flow.status {
            Status::Compensated => format!("{payer} could not withdraw {money} and got it back"),
            _ => format!(
                "{payer} {} {money}",
                paid("is withdrawing", "withdrew", "did not withdraw")
            ),
        },
        (_, _) => match flow.status {
            Status::Compensated => format!("{payer} paid {money} to {payee} and got it back"),
            _ => format!(
                "{payer} {} {money} to {payee}",
                paid("is paying", "paid", "did not pay")
            ),
        },
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
        Status::Running | Status::Reserved => format!("{account} is being {done}{currency}"),
        Status::Settled | Status::Done => format!("{account} was {done}{currency}"),
        Status::Refused | Status::Compensated | Status::Cancelled | Status::Expired => {
            format!("{account} was not {done}{currency}")
        }
    }
}
