//! The engine of a service: it reads one shard's log, decides in memory, commits, and publishes. It knows neither database nor
//! broker: both are traits, so the simulation runs the same code on its own.
//!
//! | module | does |
//! |---|---|
//! | [`shard_loop`] | take messages → decide in memory → one commit → one envelope per destination |
//! | [`batch`] | the pure middle of it: from messages to decisions |
//! | [`outbox`] | publishes what was committed, in order, until it is acknowledged |
//! | [`store`] | what the loop needs of a database |
//! | [`bus`] | what the loop needs of a log |
//! | `horizon` | up to which time all of a log is handled: what is due by then may be decided |
//! | [`status`] | how each shard's work stands |
//! | [`meter`] | what the loop counts |
//! | [`observer`] | how a service follows its own commits |
//! | [`clock`] | the type of a clock, and the machine's own |

pub mod batch;
pub mod bus;
pub mod clock;
mod horizon;
pub mod meter;
pub mod observer;
pub mod outbox;
pub mod shard_loop;
pub mod status;
pub mod store;
