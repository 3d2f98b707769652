//! What all HTTP handlers share.

use std::sync::Arc;

use axum::extract::State;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

/// How many rows an answer has at most.
pub(crate) const MAX_ROWS: i64 = 1_000;

/// The running service, as handlers take it.
pub(crate) type Ledger = State<Arc<Running>>;

/// How many rows an answer is to have, `usual` unless somebody said.
pub(crate) fn limit(asked: Option<&str>, usual: i64) -> Result<i64, Problem> {
    let Some(text) = asked else { return Ok(usual) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_ROWS).contains(limit));
    limit.ok_or_else(|| Problem::bad_request(format!("limit {text:?}: use 1 to {MAX_ROWS}")))
}
