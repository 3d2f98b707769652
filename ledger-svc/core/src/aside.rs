//! What is parked, as long as it is.

use wallet_contract::event::{Event, Kind};
use wallet_contract::id::{EventId, derive};
use wallet_contract::log::LogPlace;

/// A message that is parked; its key is the event that tells so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Where that event stands in the log.
    pub no: LogPlace,
    /// The transfer that the message is of, if one is known.
    pub transfer: Option<String>,
}

/// The event that tells that somebody has seen to what this one tells.
pub fn resolved_by(parked: &Event) -> EventId {
    sibling(parked, Kind::MessageResolved)
}

/// The event that told of what this one resolves.
pub(crate) fn parked_by(resolved: &Event) -> EventId {
    sibling(resolved, Kind::MessageParked)
}

/// `message.parked` and `message.resolved` have one cause, the message's place in the log, so the id of each follows from the other.
fn sibling(event: &Event, kind: Kind) -> EventId {
    derive(&event.fact.account(), event.cause.0, &[kind.name().as_bytes()])
}
