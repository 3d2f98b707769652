//! The rows of credit-svc.

use credit_core::State;
use credit_rows::{Accounts, Promises, Reversals, Rows};
use wallet_kernel::memory::Memory;

use super::{Tables, difference};

impl Tables for Rows {
    fn check(state: &State) -> Result<(), String> {
        for ((name, currency), row) in state.accounts.written() {
            if row.received < 0 || row.promised < 0 {
                return Err(format!("account {name} {currency} would be {row:?}"));
            }
        }
        Ok(())
    }

    fn differs(rows: &Memory, refold: &State) -> Option<String> {
        difference::<Accounts>(rows, &refold.accounts)
            .or_else(|| difference::<Promises>(rows, &refold.promises))
            .or_else(|| difference::<Reversals>(rows, &refold.reversals))
    }
}
