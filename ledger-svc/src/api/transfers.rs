//! Flows: one, those of a trace, many.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde_json::json;
use wallet_contract::id::TransferId;
use wallet_contract::trace::TraceId;
use wallet_runtime::problem::Problem;
use wallet_runtime::question::{Asked, Named};
use wallet_runtime::reading::{caught_up, time};

use super::{Answer, Ledger, Question, ROWS, limit};
use crate::flows::whole;
use crate::listing;

pub(super) async fn transfer(
    State(running): Ledger,
    Named(id): Named,
    Asked(asked): Asked<Question>,
) -> Answer {
    let id: TransferId = Problem::parse("transfer", &id)?;
    let found = whole::with_id(&running, id, asked.payer.as_deref()).await?;
    let flow = Box::pin(whole::only(id, found)?.whole(&running)).await?;
    Ok(Json(json!(flow)))
}

pub(super) async fn trace(State(running): Ledger, Named(id): Named) -> Answer {
    let id: TraceId = Problem::parse("trace", &id)?;
    let mut flows = Vec::new();
    for found in whole::with_trace(&running, id, ROWS).await? {
        flows.push(Box::pin(found.whole(&running)).await?);
    }
    Ok(Json(json!({ "trace": id.to_string(), "transfers": flows })))
}

pub(super) async fn transfers(
    State(running): Ledger,
    RawQuery(query): RawQuery,
    Asked(asked): Asked<listing::question::Question>,
) -> Answer {
    filled_in(query.as_deref().unwrap_or_default())?;
    let (listed, limit) = (asked.read((running.clock)())?, limit(asked.limit)?);
    let mut dbs = Vec::new();
    for shard in running.settings.shards.all() {
        dbs.push(caught_up(&running, shard).await?);
    }
    let page = listing::page(&running, &mut dbs, &listed, limit).await?;
    let searched_to = page.searched_to_us.map(time);
    Ok(Json(
        json!({ "transfers": page.flows, "next": page.next, "searched_to": searched_to }),
    ))
}

/// A form sends fields that nobody filled in; a program that does so has lost what it meant to ask.
fn filled_in(query: &str) -> Result<(), Problem> {
    let empty = query
        .split('&')
        .find_map(|field| field.strip_suffix('=').filter(|name| !name.is_empty()));
    empty.map_or(Ok(()), |name| {
        Err(Problem::bad_request(format!(
            "{name} is empty: say what it is, or leave it out"
        )))
    })
}
