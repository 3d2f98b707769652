//! What is parked.

use ledger_core::{Aside, LogNo};
use wallet_contract::id::EventId;

wallet_kernel::table! {
    /// What is parked, as long as it is.
    pub Parked "aside" (event: EventId, aside: Aside) {
        key { id: EventId = *event }
        no: LogNo = aside.no,
        transfer: Option<String> = aside.transfer.as_deref(),
    }
    (id, Aside { no, transfer })
}
