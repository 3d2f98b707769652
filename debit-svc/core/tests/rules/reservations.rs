//! Transfers in two phases: what debit-svc decides, case by case.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

mod limits;
mod stage;
mod steps;
