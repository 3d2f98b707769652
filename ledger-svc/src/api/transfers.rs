//! Flows: one, those of a trace, many.

use axum::Json;
use axum::extract::State;
use serde_json::json;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::trace::TraceId;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;
use wallet_runtime::question::{Asked, Named};
use wallet_runtime::reading::caught_up;

use super::{Answer, Ledger, Question, ROWS, STUCK};
use crate::flows::whole;
use crate::{listing, stuck};

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

pub(super) async fn transfers(State(running): Ledger, Asked(asked): Asked<Question>) -> Answer {
    let account = asked
        .account
        .as_deref()
        .map(|name| Problem::parse::<AccountId>("account", name))
        .transpose()?;
    if asked.status.as_deref() == Some(STUCK) {
        return stuck_ones(&running, &asked, account.as_ref()).await;
    }
    let filter = asked.filter()?;
    let (before, limit) = (asked.before.as_deref(), asked.limit()?);
    let mut dbs = Vec::new();
    for shard in running.settings.shards.all() {
        dbs.push(caught_up(&running, shard).await?);
    }
    let page = match account {
        None => listing::all(&mut dbs, &filter, before, limit).await?,
        Some(account) => {
            listing::of_account(
                &mut dbs,
                running.settings.shards,
                &account,
                &filter,
                before,
                limit,
            )
            .await?
        }
    };
    Ok(Json(json!({ "transfers": page.flows, "next": page.next })))
}

/// Those that keep still, oldest first. There is one page: who has more than that has other worries.
async fn stuck_ones(running: &Running, asked: &Question, account: Option<&AccountId>) -> Answer {
    if asked.reason.is_some() || asked.before.is_some() {
        let detail = format!("status {STUCK} goes with account and limit only");
        return Err(Problem::bad_request(detail));
    }
    for shard in running.settings.shards.all() {
        caught_up(running, shard).await?;
    }
    let mut flows = stuck::all(running).await?;
    flows.retain(|flow| account.is_none_or(|account| flow.is_of(account)));
    flows.truncate(usize::try_from(asked.limit()?).unwrap_or(usize::MAX));
    Ok(Json(json!({ "transfers": flows, "next": null })))
}
