//! The invariants (DESIGN §6), each as a function `invariant_*`.
//!
//! | when | what |
//! |---|---|
//! | a message becomes durable | [`log`]: ids, causes, copies, money, floors, ends |
//! | a service commits | [`refold`]: state equals a refold, nothing dropped, positions |
//! | the simulation is quiet | [`end`]: everything decided and ended, the services agree |

pub(crate) mod books;
pub(crate) mod end;
pub(crate) mod flow;
pub(crate) mod log;
pub(crate) mod refold;

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
pub(crate) fn hold(
    invariant: &'static str,
    holds: bool,
    detail: impl FnOnce() -> String,
) -> Result<(), Breach> {
    if holds {
        return Ok(());
    }
    Err(Breach {
        invariant,
        detail: detail(),
    })
}
