//! Messages that are parked now.

use wallet_contract::event::{Event, Kind};
use wallet_contract::id::{EventId, derive};
use wallet_contract::log::LogPlace;

/// A parked message. Its key is the id of its `message.parked` event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// The place of that event in the log.
    pub no: LogPlace,
    /// The transfer that the message belongs to, if known.
    pub transfer: Option<String>,
}

/// The id of the `message.resolved` that follows this `message.parked`.
pub fn resolved_by(parked: &Event) -> EventId {
    sibling(parked, Kind::MessageResolved)
}

/// The id of the `message.parked` that this `message.resolved` follows.
pub(crate) fn parked_by(resolved: &Event) -> EventId {
    sibling(resolved, Kind::MessageParked)
}

/// Both events have the same cause, the message's place in the log, so the id of each follows from the other.
fn sibling(event: &Event, kind: Kind) -> EventId {
    derive(&event.fact.account(), event.cause.0, &[kind.name().as_bytes()])
}
