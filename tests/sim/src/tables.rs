//! For each service: the constraints of its tables, its notices, and how its tables compare with a refold. The reads and writes
//! are the services' own: see [`Persistence`].

mod credit;
mod debit;
mod ledger;

use std::fmt::Debug;

use wallet_engine::bus::Notice;
use wallet_kernel::memory::Memory;
use wallet_kernel::{Decider, Persistence, Rows, Table};

/// A service's own rows.
pub(crate) trait Tables: Persistence<Core: Debug + Decider<State: Debug + Send>> + Debug {
    /// Fails with the CHECK constraint that a changed row violates.
    fn check(state: &<Self::Core as Decider>::State) -> Result<(), String>;

    /// The notices to send.
    fn notices(_state: &<Self::Core as Decider>::State) -> Vec<Notice> {
        Vec::new()
    }

    /// Where the rows differ from those of a refold.
    fn differs(rows: &Memory, refold: &<Self::Core as Decider>::State) -> Option<String>;
}

/// All rows of a table.
pub(crate) fn all<T: Table>(rows: &Memory) -> Vec<(T::Key, T::Row)> {
    rows.all::<T>().expect("what was written can be read")
}

/// Names the first row in which a table differs from a refold.
fn difference<T>(rows: &Memory, refold: &Rows<T::Key, T::Row>) -> Option<String>
where
    T: Table<Key: Debug, Row: Debug + PartialEq>,
{
    let live: std::collections::BTreeMap<T::Key, T::Row> = all::<T>(rows).into_iter().collect();
    let (mut live, mut folded) = (live.iter(), refold.iter());
    loop {
        match (live.next(), folded.next()) {
            (None, None) => return None,
            (live, folded) if live == folded => {}
            (live, folded) => return Some(format!("live {live:?}, refolded {folded:?}")),
        }
    }
}
