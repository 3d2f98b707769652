//! A shard's stream: the required settings and state, as data, and how an actual stream differs from them.
//!
//! | part | says |
//! |---|---|
//! | `settings` | every setting of a stream, and which of them differ |
//! | `state` | which messages a stream lacks |

mod settings;
mod state;

use std::time::Duration;

use serde::Deserialize;

pub use settings::{Config, shards_of};
pub use state::State;

use crate::shard::{Shard, Shards};

/// The oldest server that gives the stream settings the meaning we rely on. 2.9 silently ignores some.
pub const MIN_SERVER_VERSION: (u64, u64) = (2, 12);

/// The stream's metadata key that records the number of shards.
pub const SHARDS_KEY: &str = "wallet_shards";

/// The shortest window that a server accepts. Nobody sets message ids here: a client that guesses the id of a service's envelope
/// could publish something else under it first, and the server would drop the envelope. The inbox in SQL removes duplicates.
pub const DUPLICATE_WINDOW: Duration = Duration::from_millis(100);

/// A larger message is parked unread. This is eight times what a service ever publishes at once.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// How much a reader takes at once, which bounds its memory per shard. A server that accepts larger messages could store one
/// that nobody can read.
pub const MAX_PAYLOAD_BYTES: usize = 2 * 1024 * 1024;

/// The size at which a service cuts its envelopes: some 250 events, so that many share one sync to disk, and small enough
/// that a reader's buffers stay small.
pub const MAX_ENVELOPE_BYTES: usize = 128 * 1024;

/// A stream as reported by JetStream's API (`STREAM.INFO`): all that the server reports, not only what this program knows.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    /// Its settings.
    pub config: Config,
    /// Its contents.
    pub state: State,
}

impl Found {
    /// The sequence from which the stream must hold every message: 1, or the one that it was created to begin with, or `whole_from`, if
    /// healing has restored everything from there on.
    pub fn must_hold_from(&self, whole_from: u64) -> u64 {
        let made_to_begin = self.config.get("first_seq").and_then(serde_json::Value::as_u64);
        whole_from.max(made_to_begin.unwrap_or(0)).max(1)
    }
}

/// The settings in which one shard's stream differs from another's; all others are the same ([`Settings::config`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `WALLET_<shard>`.
    pub name: String,
    /// All subjects that concern the shard's accounts, in one total order.
    pub subjects: Vec<String>,
    /// The number of servers that store the stream: 1 on a single server, 3 in a cluster.
    pub replicas: usize,
    /// The number of shards, recorded with each stream; a service configured with another number refuses to start.
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
