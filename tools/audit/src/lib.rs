//! `wallet verify`: audits a stack from its logs alone.
//!
//! | part | does |
//! |---|---|
//! | [`entry`] | splits a message into requests and events, with the contract's readers |
//! | [`audit`] | replays all logs into [`books`] and [`flow`]s of its own, and names every breach |
//! | [`compare`] | compares the ledger with the replay |
//! | [`report`] | one line for each invariant |
//! | [`live`] | reads the logs from NATS and the ledger's state over HTTP |
//!
//! Everything but `live` is pure. It never writes: no acknowledgement, no durable consumer, no message.

pub mod audit;
pub mod books;
pub mod compare;
pub mod entry;
pub mod flow;
pub mod live;
pub mod report;

#[cfg(test)]
mod tests;
