//! How many transfers stand how.

use ledger_core::Status;

wallet_kernel::table! {
    /// How many transfers stand how.
    pub Tally "tally" (key: Status, count: i64) {
        key { status: Status = *key }
        transfers: i64 = *count,
    }
    (status, transfers)
}
