//! The Rust client of a wallet: puts requests into the log, waits for their outcomes, and asks the ledger over HTTP.
//!
//! | module | does |
//! |---|---|
//! | [`connect`] | connects to NATS; [`connect::Connection::request`] puts a request into the log |
//! | [`request`] | requests, checked with the contract before they are sent |
//! | [`outcome`] | waits for the outcome of a request |
//! | [`api`] | asks the ledger |
//! | [`clock`] | the time, and new ids |

pub mod api;
pub mod clock;
pub mod connect;
mod error;
pub mod outcome;
pub mod request;

pub use error::InvalidInput;
