//! The model of a flow: what each part makes of flows as the ledger tells them.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

mod export;
mod figures;
mod log;
mod moment;
mod money;
mod phases;
mod stage;
mod story;
