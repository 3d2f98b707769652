//! The current state of each account.

use ledger_core::{Account, Newest};
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_kernel::Standing;

wallet_kernel::table! {
    /// The current state of each account, in each of its currencies.
    pub Accounts "account" (key: (AccountId, Currency), account: Account) {
        key { name: AccountId = &key.0, currency: Currency = key.1 }
        standing: Standing = account.standing,
        overdraft: Overdraft = account.overdraft,
        available: i64 = account.available,
        held: i64 = account.held,
        in_transit: i64 = account.in_transit,
        last_line: Option<i64> = account.newest.map(|newest| newest.line),
        last_no: Option<LogPlace> = account.newest.map(|newest| newest.no),
    }
    (
        (name, currency),
        Account {
            standing,
            overdraft,
            available,
            held,
            in_transit,
            newest: last_line.zip(last_no).map(|(line, no)| Newest { line, no }),
        },
    )
}
