//! The wire format: what clients, `debit-svc`, `credit-svc` and `ledger-svc` send each other.
//!
//! Everything here is pure: no clock, no randomness, no I/O. A value of one of these types has been checked at the
//! edge; inner code takes it as proven.
#![deny(clippy::float_arithmetic, clippy::arithmetic_side_effects)]

pub mod blank;
pub mod element;
pub mod envelope;
pub mod event;
pub mod fact;
pub mod headers;
pub mod hosts;
pub mod id;
pub mod log;
pub mod money;
pub mod parking;
mod parts;
mod present;
pub mod ready;
pub mod reason;
pub mod recall;
pub mod request;
pub mod shard;
pub mod status;
pub mod stream;
pub mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trace;
