//! The message that carries an outcome.

use std::collections::BTreeMap;

use ledger_core::{Answers, Flow, Outcome};
use serde::Serialize;
use uuid::Uuid;
use wallet_contract::event::Movement;
use wallet_contract::money::Currency;
use wallet_contract::subject::{self, Verb};
use wallet_engine::bus::Notice;
use wallet_engine::clock::rfc3339;
use wallet_view::text::exact;

#[derive(Serialize)]
struct OutcomeMessage<'o> {
    id: String,
    account: &'o str,
    verb: &'o str,
    outcome: &'o str,
    /// The requests that it answers.
    answers: BTreeMap<&'static str, Uuid>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'o str>,
    /// For a refused request: the state of the transfer that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferState<'o>>,
    trace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payee: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// The reserved amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'o str>,
    time: String,
}

/// The state of a transfer.
#[derive(Serialize)]
struct TransferState<'h> {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'h str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payee: Option<&'h str>,
    /// The amount that moves, or was to move.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// The reserved amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    reserved: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'h str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

/// Writes an outcome, for a refused request with the state of the transfer; `repeated` for a client that repeats its request.
pub(super) fn notice(
    outcome: &Outcome,
    answers: &Answers,
    transfer: Option<&Flow>,
    repeated: bool,
) -> Notice {
    let event = &outcome.event;
    let (movement, refusal) = (event.fact.movement(), event.fact.refusal());
    let message = OutcomeMessage {
        id: event.transfer.to_string(),
        account: outcome.account.as_str(),
        verb: outcome.verb.token(),
        outcome: outcome.word,
        answers: answers.iter().map(|(verb, id)| (verb.token(), id.0)).collect(),
        repeated,
        reason: refusal.map(|refusal| refusal.reason.code()),
        detail: refusal.map(|refusal| &*refusal.detail),
        transfer: transfer.map(state_of),
        trace: event.trace.to_string(),
        payer: movement.map(|movement| movement.payer.as_str()),
        payee: movement.map(|movement| movement.payee.as_str()),
        amount: movement.map(|movement| movement.money.decimal()),
        reserved: movement.and_then(reserved),
        currency: movement.map(|movement| movement.money.currency.code()),
        time: exact(event.time),
    };
    let payload = serde_json::to_string(&message).expect("strings are always JSON");
    Notice {
        subject: subject::outcome(&outcome.account, event.transfer),
        payload,
    }
}

fn reserved(movement: &Movement) -> Option<String> {
    let reserved = movement.reserved?.minor();
    Some(movement.money.currency.format_minor(reserved))
}

fn state_of(flow: &Flow) -> TransferState<'_> {
    let movement = flow.start.movement.as_ref();
    let currency = movement.map(|movement| movement.money.currency);
    let amount = movement.map(|movement| movement.money.amount.minor());
    let shown = |minor: Option<i64>| Some(currency?.format_minor(minor?));
    let reserved = flow.start.verb == Verb::Reserve;
    TransferState {
        status: flow.status.word(),
        reason: flow.refusal.as_ref().map(|refusal| refusal.reason.code()),
        payee: movement.map(|movement| movement.payee.as_str()),
        amount: shown(flow.captured.or(amount)),
        reserved: shown(amount.filter(|_| reserved)),
        currency: currency.map(Currency::code),
        ended_at: flow.ended_us.map(rfc3339),
    }
}
