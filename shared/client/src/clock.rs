//! The only place in the client that reads the time or generates ids.

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::id::TransferId;

/// The current time.
#[expect(clippy::disallowed_methods, reason = "the tool's only clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// A new id for a request: a `UUIDv7`, so that ids generated in sequence are adjacent in every index.
#[expect(
    clippy::disallowed_methods,
    reason = "the client names its requests, and the tool is a client"
)]
pub fn new_id() -> TransferId {
    TransferId(Uuid::now_v7())
}
