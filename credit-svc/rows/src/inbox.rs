//! What was handled.

use wallet_contract::id::EventId;

wallet_kernel::table! {
    /// The ids of the requests and events that were handled, and the number of what was decided on each.
    pub Inbox "inbox" (cause: EventId, decision: Option<i64>) {
        key { id: EventId = *cause }
        no: Option<i64> = *decision,
    }
    (id, no)
}
