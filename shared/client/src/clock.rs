//! The only place of this tool that asks for the time or makes an id.

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::id::TransferId;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the tool's only clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A new name for a request: a `UUIDv7`, so that ids made one after the other stay neighbours in every index.
#[expect(
    clippy::disallowed_methods,
    reason = "the client names its requests, and the tool is a client"
)]
pub fn new_id() -> TransferId {
    TransferId(Uuid::now_v7())
}
