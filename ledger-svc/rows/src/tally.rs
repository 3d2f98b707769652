//! The number of transfers by status.

use ledger_core::Status;

wallet_kernel::table! {
    /// The number of transfers by status.
    pub Tally "tally" (key: Status, count: i64) {
        key { status: Status = *key }
        transfers: i64 = *count,
    }
    (status, transfers)
}
