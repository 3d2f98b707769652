//! A flow in one sentence, with numbers: for lists and drawings.

use std::time::Duration;

use wallet_contract::status::Status;

use crate::flow::Flow;
use crate::text::{clean, span};

/// What a flow came to, such as `alice paid 12.50 USD to bob; settled in 8.30 ms`.
pub fn headline(flow: &Flow) -> String {
    let took = flow.ended_at.map(|end| end.duration_since(flow.started_at));
    headline_after(flow, took.and_then(|took| Duration::try_from(took).ok()))
}

/// The same, where it is known better how long it took so far.
pub fn headline_after(flow: &Flow, took: Option<Duration>) -> String {
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

fn movement(flow: &Flow) -> String {
    let payer = &flow.payer;
    let (Some(payee), Some(amount), Some(currency)) = (&flow.payee, &flow.amount, &flow.currency) else {
        return if flow.status == Status::Cancelled {
            format!("{payer} cancelled a reservation before it was heard of")
        } else {
            format!("{payer} did not pay")
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
    let form = |is: &'static str, was: &'static str, was_not: &'static str| match flow.status {
        Status::Running | Status::Reserved => is,
        Status::Settled | Status::Done | Status::Compensated => was,
        Status::Refused | Status::Cancelled | Status::Expired => was_not,
    };
    let compensated = flow.status == Status::Compensated;
    match (payer.as_str(), payee.as_str()) {
        ("@world", _) if compensated => format!("{money} could not be deposited to {payee} and went back"),
        ("@world", _) => {
            let deposited = form("is being deposited", "was deposited", "was not deposited");
            format!("{money} {deposited} to {payee}")
        }
        (_, "@world") if compensated => format!("{payer} could not withdraw {money} and got it back"),
        (_, "@world") => {
            let withdrew = form("is withdrawing", "withdrew", "did not withdraw");
            format!("{payer} {withdrew} {money}")
        }
        (_, _) => {
            let paid = if flow.reverses.is_some() {
                form("is giving back", "gave back", "did not give back")
            } else {
                form("is paying", "paid", "did not pay")
            };
            let back = if compensated { " and got it back" } else { "" };
            format!("{payer} {paid} {money} to {payee}{back}")
        }
    }
}

fn operator(flow: &Flow) -> String {
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
