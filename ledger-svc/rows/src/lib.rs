//! The tables of ledger-svc: the record of everything heard, the books, and the heads of flows.

mod accounts;
mod aside;
mod bookings;
mod flows;
mod records;
mod tally;

use ledger_core::{Keys, Ledger, State, Status};
use wallet_contract::log::LogPlace;
use wallet_contract::subject::Service;
use wallet_kernel::{Found, Heard, Persistence, Place, Reads, Shape, Source, Table as _, Unreadable, Writes};

pub use accounts::Accounts;
pub use aside::Parked;
pub use bookings::Bookings;
pub use flows::Flows;
pub use records::{Record, Records};
pub use tally::Tally;

/// The tables of ledger-svc.
#[derive(Debug)]
pub struct Rows;

impl Persistence for Rows {
    type Core = Ledger;
    type Handled = Vec<(LogPlace, Record)>;

    const SERVICE: Service = Service::Ledger;
    const FOLD: u32 = 1;
    const INBOX: Source = Source::Rows {
        shape: Records::SHAPE,
        by: &["id"],
    };
    const TABLES: &'static [&'static Shape] = &[
        Accounts::SHAPE,
        Bookings::SHAPE,
        Flows::SHAPE,
        Parked::SHAPE,
        Records::SHAPE,
        Tally::SHAPE,
    ];

    fn reads<'k>(keys: &'k Keys, reads: &mut Reads<'k>) {
        reads.by::<Accounts, 1>(&["name"], keys.accounts.iter().map(|name| [name.into()]));
        let flows = keys.flows.iter();
        let values = flows.map(|(key, verb)| [key.id.into(), (&key.payer).into(), (*verb).into()]);
        reads.by::<Flows, 3>(&["transfer", "account", "verb"], values);
        let statuses = if keys.flows.is_empty() {
            &[][..]
        } else {
            &Status::ALL[..]
        };
        reads.by::<Tally, 1>(&["status"], statuses.iter().map(|status| [(*status).into()]));
        reads.by::<Parked, 1>(&["id"], keys.aside.iter().map(|id| [(*id).into()]));
        reads.by::<Records, 1>(&["id"], keys.recorded.iter().map(|id| [(*id).into()]));
    }

    fn state(_keys: &Keys, found: &mut Found) -> Result<State, Unreadable> {
        let mut state = State::default();
        found.load::<Accounts>(&mut state.accounts)?;
        found.load::<Flows>(&mut state.flows)?;
        found.load::<Tally>(&mut state.tally)?;
        found.load::<Parked>(&mut state.aside)?;
        let recorded = found.rows::<Records>()?.into_iter();
        state.recorded = recorded.map(|(_, record)| (record.id, record.at_us)).collect();
        Ok(state)
    }

    fn handled(heard: &[Heard<'_>], _decisions: &[Option<i64>], place: Place) -> Self::Handled {
        heard.iter().map(|heard| records::of(heard, place)).collect()
    }

    fn writes<'s>(state: &'s State, handled: &'s Self::Handled, writes: &mut Writes<'s>) {
        writes.insert::<Records>(handled.iter().map(|(no, record)| (no, record)));
        writes.rows::<Accounts>(&state.accounts);
        writes.insert::<Bookings>(state.bookings.iter().map(|booking| (&booking.no, booking)));
        writes.rows::<Flows>(&state.flows);
        writes.rows::<Tally>(&state.tally);
        writes.rows::<Parked>(&state.aside);
    }
}
