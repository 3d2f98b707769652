//! Parked messages.

use ledger_core::Aside;
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;

wallet_kernel::table! {
    /// The messages that are parked now.
    pub Parked "aside" (event: EventId, aside: Aside) {
        key { id: EventId = *event }
        no: LogPlace = aside.no,
        transfer: Option<String> = aside.transfer.as_deref(),
    }
    (id, Aside { no, transfer })
}
