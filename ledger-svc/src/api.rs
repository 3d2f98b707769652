//! The HTTP interface: JSON under `/v1`, and a page that names its parts.

mod accounts;
mod operations;
mod transfers;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use ledger_core::Status;
use serde::Deserialize;
use serde_json::Value;
use wallet_contract::reason::Reason;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;

use crate::flows::list::Filter;
use crate::{export, meters};

/// How many rows an answer has at most.
const MAX_ROWS: i64 = 1_000;
/// What no flow is stored as: see `stuck`.
const STUCK: &str = "stuck";
/// How many it has unless asked.
const ROWS: i64 = 100;

type Answer = Result<Json<Value>, Problem>;

/// The routes of ledger-svc.
pub fn routes(running: Running) -> anyhow::Result<Router> {
    let running = Arc::new(running);
    meters::start(&running);
    export::start(&running)?;
    let routes = Router::new()
        .route("/", get(index))
        .route("/v1/accounts", get(accounts::accounts))
        .route("/v1/accounts/{id}", get(accounts::account))
        .route("/v1/accounts/{id}/statement", get(accounts::statement))
        .route("/v1/transfers", get(transfers::transfers))
        .route("/v1/transfers/{id}", get(transfers::transfer))
        .route("/v1/traces/{id}", get(transfers::trace))
        .route("/v1/parked", get(operations::parked))
        .route("/v1/stats", get(operations::stats))
        .route("/v1/log", get(operations::log))
        .with_state(running);
    Ok(routes)
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
