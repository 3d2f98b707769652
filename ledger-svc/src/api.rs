//! The HTTP interface: JSON under `/v1`. The pages for people are in `viewer`.

mod accounts;
mod operations;
mod transfers;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::Value;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;

use crate::{export, meters, verdict, viewer};

/// How many rows an answer has at most.
const MAX_ROWS: i64 = 1_000;
/// How many it has unless asked.
const ROWS: i64 = 100;

type Answer = Result<Json<Value>, Problem>;

/// The routes of ledger-svc.
pub fn routes(running: Running) -> anyhow::Result<Router> {
    let running = Arc::new(running);
    let verdict = verdict::start(&running);
    meters::start(&running, verdict.clone());
    export::start(&running)?;
    let routes = Router::new()
        .route("/v1/accounts", get(accounts::accounts))
        .route("/v1/accounts/{id}", get(accounts::account))
        .route("/v1/accounts/{id}/statement", get(accounts::statement))
        .route("/v1/transfers", get(transfers::transfers))
        .route("/v1/transfers/known", post(transfers::known))
        .route("/v1/transfers/{id}", get(transfers::transfer))
        .route("/v1/traces/{id}", get(transfers::trace))
        .route("/v1/parked", get(operations::parked))
        .route("/v1/stats", get(operations::stats))
        .route("/v1/health", get(operations::health))
        .route("/v1/log", get(operations::log))
        .merge(viewer::routes(&running))
        .layer(Extension(verdict))
        .with_state(running);
    Ok(routes)
}

pub(crate) type Ledger = State<Arc<Running>>;

/// How many rows an answer is to have, `usual` unless somebody said.
pub(crate) fn limit(asked: Option<&str>, usual: i64) -> Result<i64, Problem> {
    let Some(text) = asked else { return Ok(usual) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_ROWS).contains(limit));
    limit.ok_or_else(|| Problem::bad_request(format!("limit {text:?}: use 1 to {MAX_ROWS}")))
}
