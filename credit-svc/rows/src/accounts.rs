//! The register of accounts.

use credit_core::Account;
use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_kernel::Standing;

wallet_kernel::table! {
    /// The register: the accounts that are open, in which currencies, and what each has received.
    pub Accounts "account" (key: (AccountId, Currency), account: Account) {
        key { name: AccountId = &key.0, currency: Currency = key.1 }
        standing: Standing = account.standing,
        overdraft: Overdraft = account.overdraft,
        received: i64 = account.received,
        promised: i64 = account.promised,
    }
    (
        (name, currency),
        Account {
            standing,
            overdraft,
            received,
            promised,
        },
    )
}
