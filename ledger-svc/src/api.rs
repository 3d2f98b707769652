//! The HTTP interface: JSON under `/v1`, and a page that names its parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use jiff::Timestamp;
use ledger_core::Status;
use serde::Deserialize;
use serde_json::{Value, json};
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::reason::Reason;
use wallet_contract::shard::Shard;
use wallet_contract::trace::TraceId;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;
use wallet_runtime::question::{Asked, Named};
use wallet_runtime::reading::{as_of, caught_up, pool};

use crate::books::{self, Cursor};
use crate::flows::{self, Filter, Flow};
use crate::{listing, recorded, stuck};

/// How many rows an answer has at most.
const MAX_ROWS: i64 = 1_000;
/// What no flow is stored as: see `stuck`.
const STUCK: &str = "stuck";
/// How many it has unless asked.
const ROWS: i64 = 100;

type Answer = Result<Json<Value>, Problem>;

/// The routes of ledger-svc.
pub fn routes(running: Running) -> Router {
    let running = Arc::new(running);
    let metrics = &running.metrics;
    let still = metrics.gauges(
        "flows_stuck",
        "Flows that have not ended, and were not heard of for too long",
    );
    let in_flight = metrics.gauges(
        "flows_in_flight",
        "Flows that have not ended, and wait for no client",
    );
    tokio::spawn(stuck::watch(running.clone(), still, in_flight));
    Router::new()
        .route("/", get(index))
        .route("/v1/accounts", get(accounts))
        .route("/v1/accounts/{id}", get(account))
        .route("/v1/accounts/{id}/statement", get(statement))
        .route("/v1/transfers", get(transfers))
        .route("/v1/transfers/{id}", get(transfer))
        .route("/v1/traces/{id}", get(trace))
        .route("/v1/parked", get(parked))
        .route("/v1/stats", get(stats))
        .route("/v1/log", get(log))
        .with_state(running)
}

type Ledger = State<Arc<Running>>;

async fn index() -> Html<&'static str> {
    Html(include_str!("index.html"))
}

/// What can stand behind the `?` of any question.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    at: Option<String>,
    after: Option<String>,
    before: Option<String>,
    limit: Option<i64>,
    currency: Option<String>,
    payer: Option<String>,
    account: Option<String>,
    status: Option<String>,
    reason: Option<String>,
}

impl Question {
    fn limit(&self) -> Result<i64, Problem> {
        match self.limit.unwrap_or(ROWS) {
            limit @ 1..=MAX_ROWS => Ok(limit),
            limit => Err(Problem::bad_request(format!(
                "limit {limit}: use 1 to {MAX_ROWS}"
            ))),
        }
    }

    /// What is asked of the list, in words that a flow can have.
    fn filter(&self) -> Result<Filter<'_>, Problem> {
        let words = Status::ALL.map(Status::word);
        if let Some(status) = self
            .status
            .as_ref()
            .filter(|status| !words.contains(&status.as_str()))
        {
            let detail = format!("status {status:?}: use one of {}, {STUCK}", words.join(", "));
            return Err(Problem::bad_request(detail));
        }
        if let Some(reason) = &self.reason {
            Problem::parse::<Reason>("reason", reason)?;
        }
        Ok(Filter {
            status: self.status.as_deref(),
            reason: self.reason.as_deref(),
        })
    }
}

async fn account(State(running): Ledger, Named(id): Named, Asked(asked): Asked<Question>) -> Answer {
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

async fn accounts(State(running): Ledger, Asked(asked): Asked<Question>) -> Answer {
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

async fn statement(State(running): Ledger, Named(id): Named, Asked(asked): Asked<Question>) -> Answer {
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

async fn transfer(State(running): Ledger, Named(id): Named, Asked(asked): Asked<Question>) -> Answer {
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

async fn trace(State(running): Ledger, Named(id): Named) -> Answer {
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

async fn transfers(State(running): Ledger, Asked(asked): Asked<Question>) -> Answer {
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

async fn parked(State(running): Ledger, Asked(asked): Asked<Question>) -> Answer {
    let limit = asked.limit()?;
    let mut rows = Vec::new();
    for shard in running.settings.shards.all() {
        let mut db = caught_up(&running, shard).await?;
        rows.extend(flows::parked(&mut db, shard.0, limit).await?);
    }
    Ok(Json(json!({ "parked": rows })))
}

/// What is asked of the recorded log.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    shard: u16,
    after: Option<i64>,
    limit: Option<i64>,
}

/// What was recorded of a shard's log. This one does not wait either: it is asked when the log itself is not whole.
async fn log(State(running): Ledger, Asked(asked): Asked<Recorded>) -> Answer {
    let limit = asked.limit.unwrap_or(ROWS);
    if !(1..=MAX_ROWS).contains(&limit) {
        return Err(Problem::bad_request(format!(
            "limit {limit}: use 1 to {MAX_ROWS}"
        )));
    }
    let mut db = pool(&running, Shard(asked.shard))?.acquire().await?;
    let (records, next) = recorded::behind(&mut db, asked.after.unwrap_or(0), limit).await?;
    Ok(Json(json!({ "records": records, "next": next })))
}

/// How it goes. This one does not wait: it tells how far behind the books are.
async fn stats(State(running): Ledger) -> Answer {
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
        for (status, count) in flows::tally(&mut db).await? {
            *transfers.entry(status).or_default() += count;
        }
        parked += flows::parked_count(&mut db).await?;
    }
    Ok(Json(
        json!({ "shards": shards, "transfers": transfers, "parked": parked }),
    ))
}
