//! A flow in one sentence, with numbers: for lists and drawings.

use std::time::Duration;

use wallet_contract::status::Status;

use crate::critical_path;
use crate::flow::Flow;
use crate::steps;
use crate::text::{clean, span, span_us};

/// A one-sentence summary of a flow, such as `alice paid 12.50 USD to bob; settled in 8.30 ms`.
pub fn headline(flow: &Flow) -> String {
    let what = if flow.is_payment() {
        movement(flow)
    } else {
        operator(flow)
    };
    clean(&format!("{what}; {}", end(flow)))
}

fn end(flow: &Flow) -> String {
    let held = flow.held_for_us().filter(|us| *us > 0);
    let held = held.map_or_else(String::new, |us| format!(", held for {}", span_us(us)));
    let why = flow
        .reason
        .as_ref()
        .map_or_else(String::new, |reason| format!(": {reason}"));
    let after = |word: &str, took: Option<Duration>| {
        took.map_or_else(String::new, |took| format!(" {word} {}", span(took)))
    };
    let took = |word: &str| after(word, flow.took());
    let heard = after("after", so_far(flow));
    match flow.status {
        Status::Running if heard.is_empty() => "still running".to_owned(),
        Status::Running => format!("still running, last heard{heard}"),
        Status::Reserved if heard.is_empty() => "waits to be confirmed".to_owned(),
        Status::Reserved => format!("waits to be confirmed, last heard{heard}"),
        Status::Settled => format!("settled{}{held}", took("in")),
        Status::Done => format!("done{}", took("in")),
        Status::Refused => format!("refused{}{why}", took("after")),
        Status::Compensated => format!("compensated{}{held}{why}", took("after")),
        Status::Cancelled => format!("cancelled{}{held}", took("in")),
        Status::Expired => format!("expired{held}"),
    }
}

/// From its first request to the last event heard so far.
fn so_far(flow: &Flow) -> Option<Duration> {
    let so_far_us = critical_path::last(&steps::of(flow))?.at_us;
    u64::try_from(so_far_us).ok().map(Duration::from_micros)
}

fn movement(flow: &Flow) -> String {
    let payer = &flow.payer;
    let (Some(payee), Some(amount), Some(currency)) = (&flow.payee, &flow.amount, &flow.currency) else {
        return if flow.status == Status::Cancelled {
            format!("{payer} cancelled a reservation before it arrived")
        } else {
            format!("{payer} did not pay")
        };
    };
    let money = format!("{amount} {currency}");
    if let Some(captured) = flow.part() {
        let what = format!("{captured} of {money} reserved for {payee}");
        return match flow.status {
            Status::Running | Status::Reserved => format!("{payer} is paying {what}"),
            Status::Compensated => format!("{payer} paid {what} and got it back"),
            Status::Settled | Status::Refused | Status::Cancelled | Status::Expired | Status::Done => {
                format!("{payer} paid {what}")
            }
        };
    }
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
