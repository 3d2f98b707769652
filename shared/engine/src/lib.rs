//! The engine of a service: it reads one shard's log, decides in memory, appends to the log, and commits. It depends on no database or
//! broker: both are traits, so the simulation runs the same code on its own implementations.
//!
//! | module | does |
//! |---|---|
//! | [`shard_loop`] | take messages → decide in memory → append one envelope → commit |
//! | [`batch`] | the pure part of the loop: from inputs to decisions |
//! | [`store`] | the database that the loop requires |
//! | [`bus`] | the log that the loop requires |
//! | `horizon` | the time up to which a log is handled, and so up to which deadlines may be decided |
//! | [`status`] | the state of each shard's loop |
//! | [`meter`] | the loop's counters |
//! | [`observer`] | a service's view of its own commits |
//! | [`clock`] | the type of a clock, and the machine's own |

pub mod batch;
pub mod bus;
pub mod clock;
mod horizon;
pub mod meter;
pub mod observer;
pub mod shard_loop;
pub mod status;
pub mod store;
