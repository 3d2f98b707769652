//! What is parked, as long as it is.

use wallet_contract::event::Event;
use wallet_contract::id::{EventId, derive};

use crate::booking::LogNo;

/// The types of the two events: that a message was parked, and that somebody has seen to it. Both have one cause, the message's
/// place in the log, so the id of each is known from the other.
const PARKED: &str = "wallet.message.parked.v1";
const RESOLVED: &str = "wallet.message.resolved.v1";

/// A message that is parked; its key is the event that tells so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Where that event stands in the log.
    pub no: LogNo,
    /// The transfer that the message is of, if one is known.
    pub transfer: Option<String>,
}

/// The event that tells that somebody has seen to what this one tells.
pub fn resolved_by(parked: &Event) -> EventId {
    sibling(parked, RESOLVED)
}

/// The event that told of what this one resolves.
pub(crate) fn parked_by(resolved: &Event) -> EventId {
    sibling(resolved, PARKED)
}

fn sibling(event: &Event, kind: &str) -> EventId {
    derive(&event.fact.account(), event.cause.0, &[kind.as_bytes()])
}
