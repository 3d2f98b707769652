//! Two-phase transfers: the decisions of debit-svc, case by case.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

mod limits;
mod stage;
mod steps;
