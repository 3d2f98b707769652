//! The real cores and the real shard loop on a simulated bus, store and clock, on one thread. One seed, one history.
//!
//! | module | does |
//! |---|---|
//! | [`plan`] | the steps as data: requests, faults, clock jumps |
//! | [`mod@play`] | plays a plan: runs the loop for every service on every shard and watches everything |
//! | `world`, `server`, `bus`, `store`, `tables` | what the loop runs on |
//! | `node`, `fault` | an instance, and the points at which it can be killed, paused or refused |
//! | `ill` | inputs that a program can't handle yet |
//! | `check` | the invariants, each as a function `invariant_*`: those of `wallet_invariants`, and the refold |
//! | [`mutation`] | bugs in the program itself, which the invariants must catch |
//! | [`coverage`] | which cells of the phase table were reached |
//! | [`seeds`] | plays many seeds |
//! | [`mod@shrink`], [`history`] | shortens a failing plan, and prints it |
//!
//! Only the seed decides what happens: time is the runtime's own and advances only while all tasks are idle, all tasks run on
//! one thread, and every instance has its own random generator.

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
