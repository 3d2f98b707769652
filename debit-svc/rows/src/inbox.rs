//! What was handled.

use wallet_contract::id::EventId;

wallet_kernel::table! {
    /// The ids of the requests and events that were handled.
    pub Inbox "inbox" (cause: EventId, row: ()) {
        key { id: EventId = *cause }
    }
    (id, ())
}
