//! The invariants: those that all tests of the cores share ([`wallet_invariants`]), and what only the simulation can compare.
//!
//! | when | what |
//! |---|---|
//! | a message becomes durable | [`log`]: ids, causes, copies, money, floors, ends |
//! | a service commits | [`refold`]: state equals a refold, nothing dropped, positions |
//! | the simulation is quiet | `world::rest`: everything decided and ended, the services agree |

pub(crate) mod refold;

pub use wallet_invariants::Breach;
pub(crate) use wallet_invariants::{hold, log};
