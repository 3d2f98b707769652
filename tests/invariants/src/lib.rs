//! The invariants (DESIGN §6), each as a function: one implementation for the simulation, the model checker and the random plays
//! of the cores. The audit (`tools/audit`) shares none of it, so that each can show a mistake in the other.
//!
//! | module | what is checked |
//! |---|---|
//! | [`log`] | logs, message by message: ids, causes, copies, money, floors, ends |
//! | [`books`], [`flow`] | the balances and the transfers computed from these logs |
//! | [`end`] | logs at rest: everything decided and ended, and shown so by the services' rows |
//! | [`events`] | a set of events in no order: ids, causes, and how each transfer ended |
//! | [`rows`] | the services' rows at any time: money, floors, transfers under way |
//! | [`reactions`] | each event against the choreography |

pub mod books;
pub mod end;
pub mod events;
pub mod flow;
pub mod log;
pub mod reactions;
pub mod rows;

use std::fmt;

/// A violated invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The name of the function that detected it.
    pub invariant: &'static str,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.detail)
    }
}

/// Fails with the given detail unless the condition holds. The text is built only on failure.
pub fn hold(invariant: &'static str, holds: bool, detail: impl FnOnce() -> String) -> Result<(), Breach> {
    if holds {
        return Ok(());
    }
    Err(Breach {
        invariant,
        detail: detail(),
    })
}
