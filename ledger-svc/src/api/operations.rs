//! The state of the stack, for operators.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::json;
use wallet_contract::shard::Shard;
use wallet_db::stored::as_of;
use wallet_runtime::extract::{NoParams, QueryParams};
use wallet_runtime::reading::{caught_up, pool};

use super::{Answer, Ledger, ROWS, limit};
use crate::flows::list::tally;
use crate::listing::places;
use crate::verdict::Watch;
use crate::{flows, parked as parked_messages, recorded};

/// The query for parked messages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParkedQuery {
    all: Option<bool>,
    before: Option<String>,
    limit: Option<String>,
}

pub(super) async fn parked(State(running): Ledger, QueryParams(query): QueryParams<ParkedQuery>) -> Answer {
    let (limit, all) = (limit(query.limit.as_deref(), ROWS)?, query.all.unwrap_or(false));
    let mut dbs = Vec::new();
    for shard in running.settings.shards.all() {
        dbs.push(caught_up(&running, shard).await?);
    }
    let places = places::back(&mut dbs, query.before.as_deref()).await?;
    let page = parked_messages::page(&mut dbs, places, all, limit).await?;
    Ok(Json(json!({ "parked": page.items, "next": page.next })))
}

/// The query for the recorded log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recorded {
    shard: u16,
    after: Option<i64>,
    limit: Option<String>,
}

/// The record of a shard's log. This does not wait for the books: it is needed when the log itself is not complete.
pub(super) async fn log(State(running): Ledger, QueryParams(query): QueryParams<Recorded>) -> Answer {
    let limit = limit(query.limit.as_deref(), ROWS)?;
    let mut db = pool(&running, Shard(query.shard))?.acquire().await?;
    let (records, next) = recorded::behind(&mut db, query.after.unwrap_or(0), limit).await?;
    Ok(Json(json!({ "records": records, "next": next })))
}

/// Whether the whole wallet is healthy, and if not, why. This does not wait for the books either.
pub(super) async fn health(
    State(running): Ledger,
    Extension(watch): Extension<Watch>,
    QueryParams(NoParams {}): QueryParams<NoParams>,
) -> Answer {
    let found = watch.look(&running).await;
    let verdict = found.verdict((running.clock)());
    let in_transit = found.in_transit.iter();
    let in_transit: BTreeMap<&str, String> = in_transit
        .map(|(currency, minor)| (currency.code(), currency.format_minor(*minor)))
        .collect();
    Ok(Json(json!({
        "healthy": verdict.healthy, "summary": verdict.summary, "services": found.services, "stuck": found.stuck,
        "in_transit": in_transit, "parked": found.parked, "unbalanced": found.unbalanced, "unknown": found.unknown,
    })))
}

/// Positions and counts. This does not wait for the books: it reports how far behind they are.
pub(super) async fn stats(State(running): Ledger, QueryParams(NoParams {}): QueryParams<NoParams>) -> Answer {
    let words = [
        "running",
        "reserved",
        "settled",
        "refused",
        "compensated",
        "cancelled",
        "expired",
    ];
    let mut transfers: BTreeMap<String, i64> = words.iter().map(|word| ((*word).to_owned(), 0)).collect();
    let (mut shards, mut parked) = (Vec::new(), 0);
    for shard in running.settings.shards.all() {
        let mut db = pool(&running, shard)?.acquire().await?;
        let as_of = as_of(&mut db).await?;
        let last = i64::try_from(running.bus.last_sequence(shard).await?).unwrap_or(i64::MAX);
        let (position, lag) = (as_of.sequence, last - as_of.sequence);
        shards.push(json!({ "shard": shard.0, "position": position, "last_sequence": last, "lag": lag }));
        for (status, count) in tally(&mut db).await? {
            *transfers.entry(status).or_default() += count;
        }
        parked += flows::parked::count(&mut db).await?;
    }
    Ok(Json(
        json!({ "shards": shards, "transfers": transfers, "parked": parked }),
    ))
}
