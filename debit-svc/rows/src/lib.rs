//! The tables of debit-svc: what each account may spend, and the phase of each transfer that one of them pays.

mod accounts;
mod transfers;

use debit_core::{Debit, Keys, State};
use wallet_contract::id::EventId;
use wallet_contract::subject::Service;
use wallet_kernel::{
    Due, Found, Heard, Inbox, Persistence, Place, Reads, Scan, Shape, Source, Table as _, Unreadable, Writes,
};

pub use accounts::Accounts;
pub use transfers::Transfers;

/// The tables of debit-svc.
#[derive(Debug)]
pub struct Rows;

impl Persistence for Rows {
    type Core = Debit;
    type Handled = Vec<(EventId, Option<i64>)>;

    const SERVICE: Service = Service::Debit;
    const FOLD: u32 = 1;
    const INBOX: Source = Inbox::SOURCE;
    const TABLES: &'static [&'static Shape] = &[Accounts::SHAPE, Transfers::SHAPE, Inbox::SHAPE];

    fn reads<'k>(keys: &'k Keys, reads: &mut Reads<'k>) {
        reads.by::<Accounts, 1>(&["name"], keys.accounts.iter().map(|name| [name.into()]));
        let transfers = keys.transfers.iter();
        reads.by::<Transfers, 2>(
            &["id", "payer"],
            transfers.map(|key| [key.id.into(), (&key.payer).into()]),
        );
    }

    fn state(_keys: &Keys, found: &mut Found) -> Result<State, Unreadable> {
        let mut state = State::default();
        found.load::<Accounts>(&mut state.accounts)?;
        found.load::<Transfers>(&mut state.transfers)?;
        Ok(state)
    }

    fn handled(heard: &[Heard<'_>], _decisions: &[Option<i64>], _place: Place) -> Self::Handled {
        Inbox::rows(heard, std::iter::repeat(None))
    }

    fn writes<'s>(state: &'s State, handled: &'s Self::Handled, writes: &mut Writes<'s>) {
        writes.rows::<Accounts>(&state.accounts);
        writes.rows::<Transfers>(&state.transfers);
        writes.insert::<Inbox>(handled.iter().map(|(id, no)| (id, no)));
    }

    fn due(now_us: i64, limit: i64) -> Option<Scan> {
        Some(Scan {
            shape: Transfers::SHAPE,
            by: "due_us",
            up_to: now_us,
            limit,
        })
    }

    fn found_due(found: &mut Found) -> Result<Vec<Due>, Unreadable> {
        let rows = found.rows::<Transfers>()?.into_iter();
        let due = rows.filter_map(|(key, transfer)| {
            let reservation = transfer.reservation?;
            Some(Due {
                transfer: key,
                trace: reservation.trace,
                event: reservation.event,
            })
        });
        Ok(due.collect())
    }
}
