//! The HTTP interface: JSON under `/v1`. The pages for people are in `viewer`.

mod accounts;
mod operations;
mod transfers;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::Value;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use crate::handler::{Ledger, MAX_ROWS, limit};
use crate::{export, meters, verdict, viewer};

/// The default number of rows in an answer.
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
