//! The rows of debit-svc.

use debit_core::State;
use debit_rows::{Accounts, Rows, Transfers};
use wallet_contract::event::Overdraft;
use wallet_kernel::memory::Memory;

use super::{Tables, difference};

impl Tables for Rows {
    fn check(state: &State) -> Result<(), String> {
        for ((name, currency), row) in state.accounts.written() {
            let below = matches!(row.overdraft, Overdraft::Limit(limit) if row.available < -limit);
            if below || row.held < 0 || row.in_transit < 0 {
                return Err(format!("account {name} {currency} would be {row:?}"));
            }
        }
        Ok(())
    }

    fn differs(rows: &Memory, refold: &State) -> Option<String> {
        difference::<Accounts>(rows, &refold.accounts)
            .or_else(|| difference::<Transfers>(rows, &refold.transfers))
    }
}
