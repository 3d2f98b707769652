//! Healing: puts back into the shards' streams what a broker has lost, from what the services have stored.
//!
//! | part | does |
//! |---|---|
//! | [`read`] | asks the services what they have stored, then reads the streams |
//! | [`plan`] | what a stream lacks, and in which order it goes back: pure |
//! | [`order`] | in which order items go back into all streams together: pure |
//! | [`apply`] | executes it: requests as the operator, events through the services that decided them |
//!
//! The services' stores are read first and the streams after them, so whatever was published before is either in a stream or
//! lost.

pub mod apply;
pub mod order;
pub mod plan;
pub mod read;

#[cfg(test)]
mod tests;
