//! Shared by all HTTP handlers.

use std::sync::Arc;

use axum::extract::State;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

/// The most rows that an answer may have.
pub(crate) const MAX_ROWS: i64 = 1_000;

/// The running service, as handlers receive it.
pub(crate) type Ledger = State<Arc<Running>>;

/// The number of rows to return: `default` unless the caller gave a number.
pub(crate) fn limit(text: Option<&str>, default: i64) -> Result<i64, Problem> {
    let Some(text) = text else { return Ok(default) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_ROWS).contains(limit));
    limit.ok_or_else(|| Problem::bad_request(format!("limit {text:?}: use 1 to {MAX_ROWS}")))
}
