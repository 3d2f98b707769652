//! The settings of a shard's stream, as data.

use std::time::Duration;

use crate::shard::{Shard, Shards};

/// The oldest server whose stream settings mean what we ask for. 2.9 silently ignores some.
pub const MIN_SERVER_VERSION: (u64, u64) = (2, 12);

/// The stream's metadata key that records the number of shards.
pub const SHARDS_KEY: &str = "wallet_shards";

/// The shortest that a server takes. Nobody sets message ids here: a client that guesses the id of a service's envelope
/// could publish something else under it first, and the server would drop the envelope. The inbox in SQL decides.
pub const DUPLICATE_WINDOW: Duration = Duration::from_millis(100);

/// A message larger than this is parked unread: eight times what a service ever publishes at once.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// A service cuts its envelopes at this size: some 250 events, so that a sync to disk is shared by many, and small enough
/// that a reader's buffers stay small.
pub const MAX_ENVELOPE_BYTES: usize = 128 * 1024;

/// What must be true of a shard's stream. Storage is always files, retention by limits, and there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `WALLET_<shard>`.
    pub name: String,
    /// Everything that concerns the shard's accounts, in one total order.
    pub subjects: Vec<String>,
    /// How many servers keep the stream: 1 alone, 3 in a cluster.
    pub replicas: usize,
    /// The number of shards, recorded with each stream: another number is refused at start.
    pub shards: u16,
}

/// The name of `shard`'s stream.
pub fn name(shard: Shard) -> String {
    format!("WALLET_{shard}")
}

/// The settings of `shard`'s stream.
pub fn settings(shard: Shard, shards: Shards, replicas: usize) -> Settings {
    Settings {
        name: name(shard),
        subjects: vec![format!("wallet.{shard}.>")],
        replicas,
        shards: shards.count(),
    }
}
