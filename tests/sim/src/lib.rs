//! The real cores and the real loop of the runtime, on a simulated bus, store and clock, on one thread. One seed, one history.
//!
//! | module | does |
//! |---|---|
//! | [`plan`] | what happens, as data: requests, faults, jumps of clocks |
//! | [`mod@play`] | plays a plan: the loop runs for every service on every shard, and everything is watched |
//! | `world`, `server`, `bus`, `store`, `tables` | what the loop runs on |
//! | `node`, `fault` | an instance, and the points at which it can be killed, paused or refused |
//! | `ill` | what a program can't handle yet |
//! | `check` | what must always hold, each as a function `invariant_*` |
//! | [`mutation`] | faults of the program itself, which must be seen |
//! | [`coverage`] | which cells of the phase table were reached |
//! | [`seeds`] | plays many |
//! | [`mod@shrink`], [`history`] | a failing plan made short, and told |
//!
//! Nothing here is left to chance but what the seed decides: time is the runtime's own and stands still while anybody works,
//! all tasks run on one thread, and every instance has a generator of its own.

pub mod args;
mod bus;
mod check;
mod clock;
#[cfg(test)]
mod conformance;
pub mod coverage;
mod entry;
mod fault;
pub mod history;
mod ill;
pub mod mutation;
mod node;
pub mod plan;
pub mod play;
pub mod seeds;
mod server;
pub mod shrink;
mod store;
mod tables;
mod watch;
mod world;

pub use check::Breach;
