//! What each service keeps, as its SQL keeps it: which rows are loaded, how they are merged, what the constraints refuse.

mod credit;
mod debit;
mod ledger;

use std::fmt::Debug;

use wallet_contract::decider::{Decider, Due, Rows};
use wallet_contract::subject::Service;
use wallet_runtime::bus::Notice;
use wallet_runtime::store::Outgoing;

pub(crate) use credit::CreditTables;
pub(crate) use debit::DebitTables;
pub(crate) use ledger::LedgerTables;

/// A service's own rows.
pub(crate) trait Tables: Debug + Default + Send + 'static {
    /// Its rules.
    type Core: Decider<State: Debug + Send> + Debug + 'static;
    /// Which service.
    const SERVICE: Service;

    /// The rows with these keys. `events` is the service's event store.
    fn load(
        &self,
        keys: &<Self::Core as Decider>::Keys,
        events: &[Outgoing],
    ) -> <Self::Core as Decider>::State;

    /// Writes what has changed, or says which constraint refuses it.
    fn save(&mut self, state: &<Self::Core as Decider>::State) -> Result<(), String>;

    /// What is due.
    fn due(&self, _now_us: i64, _limit: usize) -> Vec<Due> {
        Vec::new()
    }

    /// Whom to tell.
    fn notices(_state: &<Self::Core as Decider>::State) -> Vec<Notice> {
        Vec::new()
    }

    /// Where the rows differ from those of a refold.
    fn differs(&self, refold: &<Self::Core as Decider>::State) -> Option<String>;
}

/// Names the first row in which a table differs from a refold.
fn difference<'r, K: Debug + Ord + 'r, V: Debug + PartialEq + 'r>(
    mut live: impl Iterator<Item = (&'r K, &'r V)>,
    refold: &'r Rows<K, V>,
) -> Option<String> {
    let mut folded = refold.iter();
    loop {
        match (live.next(), folded.next()) {
            (None, None) => return None,
            (live, folded) if live == folded => {}
            (live, folded) => return Some(format!("live {live:?}, refolded {folded:?}")),
        }
    }
}
