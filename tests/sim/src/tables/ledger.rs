//! The rows of ledger-svc.

use ledger_core::State;
use ledger_rows::{Accounts, Bookings, Flows, Parked, Rows, Tally};
use wallet_contract::subject;
use wallet_engine::bus::Notice;
use wallet_kernel::memory::Memory;

use super::{Tables, all, difference};

impl Tables for Rows {
    fn check(state: &State) -> Result<(), String> {
        for ((name, currency), row) in state.accounts.written() {
            if row.held < 0 || row.in_transit < 0 {
                return Err(format!("account {name} {currency} would be {row:?}"));
            }
        }
        Ok(())
    }

    fn notices(state: &State) -> Vec<Notice> {
        let told = state.outcomes.iter().map(|outcome| Notice {
            subject: subject::outcome(&outcome.account, outcome.event.transfer),
            // What it reports, so that the simulation can look it up.
            payload: outcome.event.id.to_string(),
        });
        told.collect()
    }

    fn differs(rows: &Memory, refold: &State) -> Option<String> {
        let mut bookings = all::<Bookings>(rows).into_iter().map(|(_, booking)| booking);
        let differs = bookings.clone().ne(refold.bookings.iter().cloned());
        let booked = differs.then(|| {
            let (live, folded) = (bookings.next_back(), refold.bookings.last());
            format!("bookings: live {live:?}, refolded {folded:?}")
        });
        booked
            .or_else(|| difference::<Accounts>(rows, &refold.accounts))
            .or_else(|| difference::<Flows>(rows, &refold.flows))
            .or_else(|| difference::<Tally>(rows, &refold.tally))
            .or_else(|| difference::<Parked>(rows, &refold.aside))
    }
}
