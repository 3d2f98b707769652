//! Healing: puts back into the shards' streams what a broker has lost, from what the services have stored.
//!
//! | part | does |
//! |---|---|
//! | [`read`] | asks the services what they have, then reads what the streams have |
//! | [`plan`] | what is missing in a stream, and in which order it goes back: pure |
//! | [`order`] | in which order it goes back into all the streams at once: pure |
//! | [`apply`] | does it: requests as the operator, events through the services that said them |
//!
//! The services' stores are read first and the streams after them, so that what was published before is either there or lost.

pub mod apply;
pub mod order;
pub mod plan;
pub mod read;

#[cfg(test)]
mod tests;
