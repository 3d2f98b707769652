//! What each account may spend.

use debit_core::Account;
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_kernel::Standing;

wallet_kernel::table! {
    /// What each account may spend, in each of its currencies.
    pub Accounts "account" (key: (AccountId, Currency), account: Account) {
        key { name: AccountId = &key.0, currency: Currency = key.1 }
        standing: Standing = account.standing,
        overdraft: Overdraft = account.overdraft,
        available: i64 = account.available,
        held: i64 = account.held,
        in_transit: i64 = account.in_transit,
    }
    (
        (name, currency),
        Account {
            standing,
            overdraft,
            available,
            held,
            in_transit,
        },
    )
}
