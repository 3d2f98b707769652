//! The tables of credit-svc: the register of accounts, promises and reversals.

mod accounts;
mod promises;
mod reversals;

use credit_core::{Credit, Keys, State};
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Fact, Movement, MovementFact};
use wallet_contract::id::{EventId, TransferKey, derived_range};
use wallet_contract::subject::Service;
use wallet_kernel::{
    Found, Heard, Inbox, Persistence, Place, Reads, Shape, Source, Table as _, Unreadable, Value, Writes,
};

pub use accounts::Accounts;
pub use promises::Promises;
pub use reversals::Reversals;

/// The tables of credit-svc.
#[derive(Debug)]
pub struct Rows;

impl Persistence for Rows {
    type Core = Credit;
    type Handled = Vec<(EventId, Option<i64>)>;

    const SERVICE: Service = Service::Credit;
    const FOLD: u32 = 1;
    const INBOX: Source = Inbox::SOURCE;
    const TABLES: &'static [&'static Shape] =
        &[Accounts::SHAPE, Promises::SHAPE, Reversals::SHAPE, Inbox::SHAPE];

    fn reads<'k>(keys: &'k Keys, reads: &mut Reads<'k>) {
        reads.by::<Accounts, 1>(&["name"], keys.accounts.iter().map(|name| [name.into()]));
        reads.by::<Promises, 2>(&["id", "payer"], keys.promises.iter().map(values));
        reads.by::<Reversals, 2>(&["id", "payer"], keys.reversals.iter().map(values));
        reads.by::<Reversals, 2>(&["of_id", "of_payer"], keys.reversed.iter().map(values));
        reads.decisions(keys.reversed.iter().map(range));
    }

    fn state(keys: &Keys, found: &mut Found) -> Result<State, Unreadable> {
        let mut state = State::default();
        found.load::<Accounts>(&mut state.accounts)?;
        found.load::<Promises>(&mut state.promises)?;
        found.load::<Reversals>(&mut state.reversals)?;
        found.load::<Reversals>(&mut state.reversals)?;
        state.receipts = keys.reversed.iter().map(|key| (key.clone(), None)).collect();
        for (key, movement) in credited(&found.decisions()?) {
            if let Some(receipt) = state.receipts.get_mut(&key) {
                *receipt = Some(movement);
            }
        }
        Ok(state)
    }

    /// Stores the number of each decision with its cause, so that a reversal can find the credit.
    fn handled(heard: &[Heard<'_>], decisions: &[Option<i64>], _place: Place) -> Self::Handled {
        Inbox::rows(heard, decisions.iter().copied())
    }

    fn writes<'s>(state: &'s State, handled: &'s Self::Handled, writes: &mut Writes<'s>) {
        writes.rows::<Accounts>(&state.accounts);
        writes.rows::<Promises>(&state.promises);
        writes.rows::<Reversals>(&state.reversals);
        writes.insert::<Inbox>(handled.iter().map(|(id, no)| (id, no)));
    }
}

fn values(key: &TransferKey) -> [Value<'_>; 2] {
    [key.id.into(), (&key.payer).into()]
}

/// The range of all ids of a flow. It covers the causes in the inbox, each of which has the number of its decision.
fn range(key: &TransferKey) -> (Uuid, Uuid) {
    let (first, last) = derived_range(key.id);
    (first.0, last.0)
}

/// The credits among these decisions, by transfer.
fn credited(decisions: &[(Uuid, String)]) -> impl Iterator<Item = (TransferKey, Movement)> {
    let events = decisions.iter().filter_map(|(_, body)| envelope::read(body).ok());
    events.filter_map(|event| {
        let Fact::Movement(movement, MovementFact::AccountCredited) = event.fact else {
            return None;
        };
        let (id, payer) = (event.transfer, movement.payer.clone());
        Some((TransferKey { id, payer }, movement))
    })
}
