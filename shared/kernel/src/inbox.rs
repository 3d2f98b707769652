//! What a service has handled, for one that keeps no record of it.

use wallet_contract::id::EventId;

use crate::input::Heard;
use crate::reads::Source;
use crate::table::Table as _;

crate::table! {
    /// The ids of the requests and events that were handled, each with the number of what was decided on it, if the service looks
    /// for that.
    pub Inbox "inbox" (cause: EventId, decision: Option<i64>) {
        key { id: EventId = *cause }
        no: Option<i64> = *decision,
    }
    (id, no)
}

impl Inbox {
    /// Where to look for what was handled.
    pub const SOURCE: Source = Source::Rows {
        shape: Self::SHAPE,
        by: &["id"],
    };

    /// The rows of what was handled, each with the number of what was decided on it.
    pub fn rows(
        heard: &[Heard<'_>],
        decisions: impl Iterator<Item = Option<i64>>,
    ) -> Vec<(EventId, Option<i64>)> {
        let causes = heard.iter().map(|heard| heard.input.as_cause().id);
        causes.zip(decisions).collect()
    }
}
