//! The bookings of ledger-svc, the ends of flows, and the outcomes it sends.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

mod one_phase;
mod stage;
mod two_phase;
