//! Two-phase transfers: the decisions of debit-svc, case by case.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

mod limits;
mod stage;
mod steps;
