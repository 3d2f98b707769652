//! Accounts: what they have, what they had, how it came about.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::json;
use wallet_contract::id::AccountId;
use wallet_runtime::problem::Problem;
use wallet_runtime::question::{Asked, Named};
use wallet_runtime::reading::{as_of, caught_up};

use super::{Answer, Ledger, Question};
use crate::books::{self, Cursor};

pub(super) async fn account(
    State(running): Ledger,
    Named(id): Named,
    Asked(asked): Asked<Question>,
) -> Answer {
    let name: AccountId = Problem::parse("account", &id)?;
    let shard = running.settings.shards.of(&name);
    let mut db = caught_up(&running, shard).await?;
    let as_of = as_of(&mut db).await?;
    let page = books::page(&mut db, &name).await?;
    let mut page = page.ok_or_else(|| Problem::not_found(format!("account {name} was never opened")))?;
    if let Some(at) = &asked.at {
        let at: Timestamp = Problem::parse("at", at)?;
        page = page.back_to(&mut db, at.as_microsecond()).await?;
    }
    page.as_of = Some(books::AsOf::new(shard.0, as_of));
    Ok(Json(json!(page)))
}

pub(super) async fn accounts(State(running): Ledger, Asked(asked): Asked<Question>) -> Answer {
    let (after, limit) = (asked.after.clone().unwrap_or_default(), asked.limit()?);
    let mut pages = Vec::new();
    for shard in running.settings.shards.all() {
        let mut db = caught_up(&running, shard).await?;
        pages.extend(books::pages(&mut db, &after, limit).await?);
    }
    pages.sort_by(|a, b| a.account().cmp(b.account()));
    let more = pages.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    pages.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = if more {
        pages.last().map(|page| page.account().to_owned())
    } else {
        None
    };
    Ok(Json(json!({ "accounts": pages, "next": next })))
}

pub(super) async fn statement(
    State(running): Ledger,
    Named(id): Named,
    Asked(asked): Asked<Question>,
) -> Answer {
    let name: AccountId = Problem::parse("account", &id)?;
    let currency = asked
        .currency
        .as_deref()
        .map(|code| Problem::parse("currency", code))
        .transpose()?;
    let before = asked.before.as_deref().map_or(Ok(Cursor::END), cursor)?;
    let (limit, shard) = (asked.limit()?, running.settings.shards.of(&name));
    let mut db = caught_up(&running, shard).await?;
    if books::page(&mut db, &name).await?.is_none() {
        return Err(Problem::not_found(format!("account {name} was never opened")));
    }
    let lines = books::statement(&mut db, shard.0, &name, currency, before, limit).await?;
    let full = i64::try_from(lines.len()).is_ok_and(|lines| lines == limit);
    let next = if full {
        lines.last().map(|line| line.cursor.to_string())
    } else {
        None
    };
    Ok(Json(
        json!({ "account": name.as_str(), "lines": lines, "next": next }),
    ))
}

fn cursor(text: &str) -> Result<Cursor, Problem> {
    Cursor::read(text).ok_or_else(|| Problem::not_a_place(text))
}
