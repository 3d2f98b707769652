//! Accounts: their balances now and at a time, and their statements.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use wallet_contract::id::AccountId;
use wallet_db::stored::as_of;
use wallet_runtime::extract::{PathParam, QueryParams};
use wallet_runtime::problem::Problem;
use wallet_runtime::reading::caught_up;

use super::{Answer, Ledger, ROWS, limit};
use crate::books::{self, Cursor};
use crate::listing::query;

/// The query for one account.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Then {
    at: Option<String>,
}

/// The query for the list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Names {
    after: Option<String>,
    limit: Option<String>,
}

/// The query for an account's bookings.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    currency: Option<String>,
    before: Option<String>,
    limit: Option<String>,
}

pub(super) async fn account(
    State(running): Ledger,
    PathParam(id): PathParam,
    QueryParams(query): QueryParams<Then>,
) -> Answer {
    let name: AccountId = Problem::parse("account", &id)?;
    let at = query.at.map(|text| query::time("at", &text, (running.clock)()));
    let at = at.transpose()?;
    let shard = running.settings.shards.of(&name);
    let mut db = caught_up(&running, shard).await?;
    let as_of = as_of(&mut db).await?;
    let page = books::page(&mut db, &name).await?;
    let mut page = page.ok_or_else(|| Problem::not_found(format!("account {name} was never opened")))?;
    if let Some(at) = at {
        page = page.back_to(&mut db, at.last_us).await?;
    }
    page.as_of = Some(books::AsOf::new(shard.0, as_of));
    Ok(Json(json!(page)))
}

pub(super) async fn accounts(State(running): Ledger, QueryParams(query): QueryParams<Names>) -> Answer {
    let (after, limit) = (
        query.after.unwrap_or_default(),
        limit(query.limit.as_deref(), ROWS)?,
    );
    let mut dbs = Vec::new();
    for shard in running.settings.shards.all() {
        dbs.push(caught_up(&running, shard).await?);
    }
    let books::accounts::Accounts { pages, next } =
        books::accounts::list(&mut dbs, "", &after, limit).await?;
    Ok(Json(json!({ "accounts": pages, "next": next })))
}

pub(super) async fn statement(
    State(running): Ledger,
    PathParam(id): PathParam,
    QueryParams(query): QueryParams<Lines>,
) -> Answer {
    let name: AccountId = Problem::parse("account", &id)?;
    let currency = query
        .currency
        .as_deref()
        .map(|code| Problem::parse("currency", code))
        .transpose()?;
    let before = query.before.as_deref().map_or(Ok(Cursor::END), cursor)?;
    let limit = limit(query.limit.as_deref(), ROWS)?;
    let shard = running.settings.shards.of(&name);
    let mut db = caught_up(&running, shard).await?;
    if books::page(&mut db, &name).await?.is_none() {
        return Err(Problem::not_found(format!("account {name} was never opened")));
    }
    let statement = books::statement(&mut db, shard.0, &name, currency, before, limit).await?;
    Ok(Json(json!(statement)))
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    Cursor::read(text).ok_or_else(|| Problem::not_a_place(text))
}
