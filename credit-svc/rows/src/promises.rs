//! Promises.

use credit_core::{Promise, PromiseStanding};
use wallet_contract::id::{AccountId, TransferId, TransferKey};

wallet_kernel::table! {
    /// The reservations whose payees were promised a credit.
    pub Promises "promise" (key: TransferKey, promise: Promise) {
        key { id: TransferId = key.id, payer: AccountId = &key.payer }
        amount: i64 = promise.amount,
        standing: PromiseStanding = promise.standing,
    }
    (TransferKey { id, payer }, Promise { amount, standing })
}
