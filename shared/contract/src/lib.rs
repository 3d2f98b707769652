//! The wire format: the messages between clients, `debit-svc`, `credit-svc` and `ledger-svc`.
//!
//! Everything here is pure: no clock, no randomness, no I/O. A value of one of these types was validated at the
//! edge; inner code relies on that.
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
mod service;
pub mod shard;
pub mod skip;
pub mod status;
pub mod stream;
pub mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trace;
mod verb;
