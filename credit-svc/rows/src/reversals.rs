//! Reversals.

use credit_core::Reversal;
use wallet_contract::id::{AccountId, TransferId, TransferKey};

wallet_kernel::table! {
    /// The transfers that give back another one.
    pub Reversals "reversal" (key: TransferKey, reversal: Reversal) {
        key { id: TransferId = key.id, payer: AccountId = &key.payer }
        of_id: TransferId = reversal.of.id,
        of_payer: AccountId = &reversal.of.payer,
        amount: i64 = reversal.amount,
        live: bool = reversal.live,
    }
    (
        TransferKey { id, payer },
        Reversal {
            of: TransferKey { id: of_id, payer: of_payer },
            amount,
            live,
        },
    )
}
