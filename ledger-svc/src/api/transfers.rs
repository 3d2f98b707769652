//! Flows: one, those of a trace, or many.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;
use wallet_contract::id::{TransferId, TransferKey};
use wallet_contract::trace::TraceId;
use wallet_engine::clock::rfc3339;
use wallet_runtime::extract::{JsonBody, PathParam, QueryParams};
use wallet_runtime::problem::Problem;
use wallet_runtime::reading::caught_up;

use super::{Answer, Ledger, MAX_ROWS, ROWS, limit};
use crate::listing::{self, Reader};
use crate::stuck;
use crate::{flows, whole};

/// The query for one transfer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    payer: Option<String>,
}

/// The query for a trace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Flows {
    after: Option<String>,
    limit: Option<String>,
}

pub(super) async fn transfer(
    State(running): Ledger,
    PathParam(id): PathParam,
    QueryParams(query): QueryParams<Whose>,
) -> Answer {
    let id: TransferId = Problem::parse("transfer", &id)?;
    let found = whole::with_id(&running, id, query.payer.as_deref()).await?;
    let flow = Box::pin(whole::only(id, found)?.whole(&running)).await?;
    Ok(Json(json!(flow)))
}

/// The body that names the transfers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct These {
    transfers: Vec<This>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct This {
    id: Uuid,
    payer: String,
}

/// Those of these transfers for which a request has been heard, from their payers' home shards. It is a `POST` that changes nothing,
/// because so many ids would not fit in a URL.
pub(super) async fn known(State(running): Ledger, JsonBody(query): JsonBody<These>) -> Answer {
    if i64::try_from(query.transfers.len()).map_or(true, |number| number > MAX_ROWS) {
        let number = query.transfers.len();
        return Err(Problem::bad_request(format!(
            "{number} transfers in one query: the limit is {MAX_ROWS}"
        )));
    }
    let mut keys = Vec::new();
    for This { id, payer } in query.transfers {
        let payer = Problem::parse("payer", &payer)?;
        keys.push(TransferKey {
            id: TransferId(id),
            payer,
        });
    }
    let (shards, mut known) = (running.settings.shards, Vec::new());
    for shard in shards.all() {
        let at_home: Vec<&TransferKey> = keys.iter().filter(|key| shards.of(&key.payer) == shard).collect();
        if !at_home.is_empty() {
            let mut db = caught_up(&running, shard).await?;
            known.extend(flows::by_keys(&mut db, &at_home).await?);
        }
    }
    Ok(Json(json!({ "transfers": known })))
}

pub(super) async fn trace(
    State(running): Ledger,
    PathParam(id): PathParam,
    QueryParams(query): QueryParams<Flows>,
) -> Answer {
    let id: TraceId = Problem::parse("trace", &id)?;
    let limit = limit(query.limit.as_deref(), ROWS)?;
    let page = whole::with_trace(&running, id, query.after.as_deref(), limit).await?;
    let mut flows = Vec::new();
    for found in page.items {
        flows.push(Box::pin(found.whole(&running)).await?);
    }
    Ok(Json(
        json!({ "trace": id.to_string(), "transfers": flows, "next": page.next }),
    ))
}

pub(super) async fn transfers(
    State(running): Ledger,
    QueryParams(query): QueryParams<listing::query::ListQuery>,
) -> Answer {
    let (listed, limit) = (query.read((running.clock)())?, query.limit(ROWS)?);
    let mut dbs = Vec::new();
    for shard in running.settings.shards.all() {
        dbs.push(caught_up(&running, shard).await?);
    }
    let mut page = listing::page(&running, &mut dbs, &listed, limit, Reader::Program).await?;
    stuck::mark(&running, &mut dbs, &mut page.items).await?;
    let searched_to = page.searched_to_us.map(rfc3339);
    Ok(Json(
        json!({ "transfers": page.items, "next": page.next, "searched_to": searched_to }),
    ))
}
