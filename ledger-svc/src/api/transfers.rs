//! Flows: one, those of a trace, many.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde_json::json;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::trace::TraceId;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;
use wallet_runtime::question::{Asked, Named};
use wallet_runtime::reading::{caught_up, pool};

use super::{Answer, Ledger, Question, ROWS, STUCK};
use crate::flows::{self, Flow};
use crate::{listing, stuck};

pub(super) async fn transfer(
    State(running): Ledger,
    Named(id): Named,
    Asked(asked): Asked<Question>,
) -> Answer {
    let id: TransferId = Problem::parse("transfer", &id)?;
    let shards = running.settings.shards;
    let mut found: BTreeMap<String, ((bool, bool), Flow)> = BTreeMap::new();
    for shard in shards.all() {
        let mut db = caught_up(&running, shard).await?;
        for flow in flows::by_transfer(&mut db, id).await? {
            let payer = flow.payer().to_owned();
            let at_home = payer.parse().is_ok_and(|payer| shards.of(&payer) == shard);
            let likeliness = flow.likeliness(at_home);
            let asked_for = asked.payer.as_ref().is_none_or(|asked| *asked == payer);
            if asked_for && found.get(&payer).is_none_or(|(other, _)| *other < likeliness) {
                found.insert(payer, (likeliness, flow.with_events(&mut db, shard.0).await?));
            }
        }
    }
    if found.len() > 1 {
        let payers: Vec<&str> = found.keys().map(String::as_str).collect();
        let detail = format!(
            "{} payers used the id {id}: add ?payer= with one of {}",
            found.len(),
            payers.join(", ")
        );
        return Err(Problem::conflict(detail));
    }
    let flow = found.into_values().next();
    let (_, mut flow) =
        flow.ok_or_else(|| Problem::not_found(format!("no request with id {id} has been heard")))?;
    let home = flow.payer().parse().ok().map(|payer| shards.of(&payer));
    let deadline_us = stuck::deadline(&running);
    for shard in shards.all() {
        let mut db = pool(&running, shard)?.acquire().await?;
        if home == Some(shard) {
            stuck::mark(&mut db, shards, &mut flow, deadline_us).await?;
        }
        let reversals = flows::reversals(&mut db, flow.transfer(), flow.payer()).await?;
        flow.reversed_by.extend(reversals);
    }
    Ok(Json(json!(flow)))
}

pub(super) async fn trace(State(running): Ledger, Named(id): Named) -> Answer {
    let id: TraceId = Problem::parse("trace", &id)?;
    let mut found = Vec::new();
    for shard in running.settings.shards.all() {
        let mut db = caught_up(&running, shard).await?;
        for flow in flows::by_trace(&mut db, id, ROWS).await? {
            found.push(flow.with_events(&mut db, shard.0).await?);
        }
    }
    if found.is_empty() {
        return Err(Problem::not_found(format!("no flow has the trace {id}")));
    }
    found.sort_by_key(|flow| flow.started_us);
    Ok(Json(json!({ "trace": id.to_string(), "transfers": found })))
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
