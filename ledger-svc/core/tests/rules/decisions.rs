//! What ledger-svc books, how flows end, and who is told.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

mod one_phase;
mod stage;
mod two_phase;
