//! What those who wait for a request are told, on `wallet.outcome.<account>.<id>`.

use std::collections::BTreeSet;

use ledger_core::{Outcome, Status};
use serde::Serialize;
use uuid::Uuid;
use wallet_contract::decider::Input;
use wallet_contract::envelope;
use wallet_contract::event::Fact;
use wallet_contract::id::derived_range;
use wallet_contract::request::Request;
use wallet_contract::subject::{self, Verb};
use wallet_runtime::bus::Notice;
use wallet_runtime::db::{Arg, Db, Set};

#[derive(Serialize)]
struct Told<'o> {
    id: String,
    account: &'o str,
    verb: &'o str,
    outcome: &'o str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'o str>,
    trace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payee: Option<&'o str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'o str>,
    time: String,
}

/// The message that tells an outcome.
pub(crate) fn notice(outcome: &Outcome) -> Notice {
    let event = &outcome.event;
    let (movement, refusal) = (event.fact.movement(), event.fact.refusal());
    let told = Told {
        id: event.transfer.to_string(),
        account: outcome.account.as_str(),
        verb: outcome.verb.token(),
        outcome: outcome.word,
        reason: refusal.map(|refusal| refusal.reason.code()),
        detail: refusal.map(|refusal| &*refusal.detail),
        trace: event.trace.to_string(),
        payer: movement.map(|movement| movement.payer.as_str()),
        payee: movement.map(|movement| movement.payee.as_str()),
        amount: movement.map(|movement| movement.money.decimal()),
        currency: movement.map(|movement| movement.money.currency.code()),
        time: event.time.to_string(),
    };
    let payload = serde_json::to_string(&told).expect("strings are always JSON");
    Notice {
        subject: subject::outcome(&outcome.account, event.transfer),
        payload,
    }
}

/// Leaves out that a reservation is promised, where the flow has gone on: a promise may come behind a cancel.
pub(crate) async fn still_true<'o>(db: &mut Db, outcomes: &'o [Outcome]) -> sqlx::Result<Vec<&'o Outcome>> {
    let key = |outcome: &Outcome| (outcome.event.transfer.0, outcome.account.to_string());
    let reserved: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.status == Status::Reserved)
        .map(key)
        .collect();
    let set = Set::new()
        .uuids("id", reserved.iter().map(|(id, _)| *id))
        .texts("account", reserved.iter().map(|(_, account)| account.as_str()));
    let sql = "SELECT f.transfer, f.account FROM k CROSS JOIN flow AS f \
               WHERE f.transfer = k.id AND f.account = k.account AND f.verb = 'transfer' AND f.status <> 'reserved'";
    let rows = db.select(sql, set).await?;
    let gone = rows.iter().map(|row| Ok((row.uuid(0)?, row.text(1)?)));
    let gone: BTreeSet<(Uuid, String)> = gone.collect::<sqlx::Result<_>>()?;
    let is_true = |outcome: &&Outcome| outcome.status != Status::Reserved || !gone.contains(&key(outcome));
    Ok(outcomes.iter().filter(is_true).collect())
}

/// Who repeats a request is told again how it ended, if it has.
pub(crate) async fn again(db: &mut Db, repeat: &Input) -> sqlx::Result<Option<Notice>> {
    let Input::Request(request) = repeat else {
        return Ok(None);
    };
    let (first, last) = derived_range(request.transfer);
    let sql = "SELECT body FROM record WHERE id BETWEEN $1 AND $2 AND body IS NOT NULL";
    let rows = db.query(sql, &[Arg::Uuid(first.0), Arg::Uuid(last.0)]).await?;
    let mut answer = None;
    for row in rows {
        let Ok(event) = envelope::read(&row.text(0)?) else {
            continue;
        };
        let Some(outcome) = Outcome::of(&event).filter(|outcome| answers(outcome, request)) else {
            continue;
        };
        let better = |other: &Outcome| rank(&outcome, request) > rank(other, request);
        if answer.as_ref().is_none_or(better) {
            answer = Some(outcome);
        }
    }
    Ok(answer.as_ref().map(notice))
}

/// Whether an outcome answers a repeat of `request`: it was decided on it, or it is one of its flow's.
fn answers(outcome: &Outcome, request: &Request) -> bool {
    let same = outcome.account == request.account
        && outcome.event.transfer == request.transfer
        && outcome.verb.flow() == request.verb.flow();
    let of_transfer =
        matches!(&outcome.event.fact, Fact::RequestRefused(_, verb, _) if verb.flow() == Verb::Transfer);
    let to_another = of_transfer || (outcome.status == Status::Reserved && request.verb != Verb::Reserve);
    same && (outcome.event.cause == request.id || !to_another)
}

/// The answer to this very request comes first, then the flow's end, then that it is reserved.
fn rank(outcome: &Outcome, request: &Request) -> (bool, bool) {
    (
        outcome.event.cause == request.id,
        outcome.status != Status::Reserved,
    )
}
