//! The inbox of a service that keeps no other record of the inputs it has handled.

use wallet_contract::id::EventId;

use crate::input::Heard;
use crate::reads::Source;
use crate::table::Table as _;

crate::table! {
    /// The ids of handled requests and events, each with the number of the event decided on it, if the service needs to look that up.
    pub Inbox "inbox" (cause: EventId, decision: Option<i64>) {
        key { id: EventId = *cause }
        no: Option<i64> = *decision,
    }
    (id, no)
}

impl Inbox {
    /// Where to look up handled ids.
    pub const SOURCE: Source = Source::Rows {
        shape: Self::SHAPE,
        by: &["id"],
    };

    /// The inbox rows of these inputs, each with the number of the event decided on it.
    pub fn rows(
        heard: &[Heard<'_>],
        decisions: impl Iterator<Item = Option<i64>>,
    ) -> Vec<(EventId, Option<i64>)> {
        let causes = heard.iter().map(|heard| heard.input.as_cause().id);
        causes.zip(decisions).collect()
    }
}
