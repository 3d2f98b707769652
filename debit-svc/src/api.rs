//! The HTTP interface of debit-svc: the phase table, as JSON.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use debit_rows::Transfers;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wallet_contract::id::{AccountId, TransferId, TransferKey};
use wallet_contract::money::Amount;
use wallet_db::Arg;
use wallet_engine::clock::rfc3339;
use wallet_kernel::{Phase, Transfer};
use wallet_runtime::extract::{PathParam, QueryParams};
use wallet_runtime::http;
use wallet_runtime::problem::Problem;
use wallet_runtime::reading::caught_up;
use wallet_runtime::running::Running;

/// The routes of debit-svc.
pub fn routes(running: Running) -> Router {
    Router::new()
        .route("/v1/phases/{id}", get(phases))
        .fallback(http::not_found)
        .with_state(Arc::new(running))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    payer: Option<String>,
}

/// The phases of a transfer, as the payer's side knows them.
#[derive(Debug, Serialize)]
struct Phases {
    transfer: String,
    shard: u16,
    payer: String,
    payee: Option<String>,
    amount: Option<String>,
    currency: Option<String>,
    phase: &'static str,
    two_phase: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_confirm: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    heard: Vec<Word>,
}

/// One step: what was heard, from which service, and when.
#[derive(Debug, Serialize)]
struct Word {
    from: &'static str,
    what: &'static str,
    time: String,
}

async fn phases(
    State(running): State<Arc<Running>>,
    PathParam(id): PathParam,
    QueryParams(query): QueryParams<Query>,
) -> Result<Json<Value>, Problem> {
    let id: TransferId = Problem::parse("transfer", &id)?;
    let payer = query
        .payer
        .map(|name| Problem::parse::<AccountId>("payer", &name));
    let payer = payer.transpose()?;
    let mut found = Vec::new();
    for shard in running.settings.shards.all() {
        let mut db = caught_up(&running, shard).await?;
        let of_id = db
            .table::<Transfers>("id = $1 ORDER BY payer", &[Arg::Uuid(id.0)])
            .await?;
        for (key, transfer) in of_id {
            if payer.as_ref().is_none_or(|payer| *payer == key.payer) {
                found.push(phases_of(shard.0, &key, &transfer));
            }
        }
    }
    if found.is_empty() {
        return Err(Problem::not_found(format!(
            "debit-svc has not decided on a transfer {id}"
        )));
    }
    Ok(Json(json!({ "phases": found })))
}

fn phases_of(shard: u16, key: &TransferKey, transfer: &Transfer) -> Phases {
    let movement = transfer.movement.as_ref();
    let reservation = transfer.reservation.as_ref();
    let decimal = |amount: Amount| Some(movement?.money.currency.format_minor(amount.minor()));
    Phases {
        transfer: key.id.to_string(),
        shard,
        payer: key.payer.to_string(),
        payee: movement.map(|movement| movement.payee.to_string()),
        amount: movement.map(|movement| movement.money.decimal()),
        currency: movement.map(|movement| movement.money.currency.code().to_owned()),
        phase: transfer.phase.word(),
        two_phase: reservation.is_some(),
        confirmed: reservation.and_then(|reservation| decimal(reservation.captured?)),
        auto_confirm: reservation.map(|reservation| reservation.auto_confirm),
        expires_at: reservation.map(|reservation| rfc3339(reservation.expires_us)),
        heard: heard(transfer),
    }
}

fn heard(transfer: &Transfer) -> Vec<Word> {
    let (reservation, times) = (transfer.reservation.as_ref(), transfer.times);
    let reverses = transfer
        .movement
        .as_ref()
        .is_some_and(|movement| movement.reverses.is_some());
    let first = match (reservation, transfer.phase) {
        (Some(_), _) => ("client", "reserve"),
        (None, Phase::Cancelled) => ("client", "cancel"),
        (None, _) if reverses => ("credit-svc", "reversal granted"),
        (None, _) => ("client", "transfer"),
    };
    let auto = reservation.is_some_and(|reservation| reservation.auto_confirm);
    let order = if transfer.phase == Phase::Cancelled {
        ("client", "cancel")
    } else if transfer.phase == Phase::Expired {
        ("clock", "due")
    } else if auto {
        ("auto_confirm", "confirm")
    } else {
        ("client", "confirm")
    };
    let refused = matches!(transfer.phase, Phase::Reversed | Phase::Declined);
    let answer = if refused { "credit refused" } else { "credited" };
    let answer = ("credit-svc", answer);
    let mut words = vec![(Some(times.decided), first)];
    words.push((times.promised, ("credit-svc", "credit promised")));
    words.push((times.ordered, order));
    words.push((times.answered, answer));
    words.retain(|(at, _)| at.is_some());
    words.sort_by_key(|(at, _)| *at);
    let word = |(at, (from, what)): (Option<i64>, _)| Word {
        from,
        what,
        time: rfc3339(at.unwrap_or_default()),
    };
    words.into_iter().map(word).collect()
}
