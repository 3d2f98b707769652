//! The bookings of ledger-svc, the ends of flows, and the outcomes it sends.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

mod one_phase;
mod stage;
mod two_phase;
