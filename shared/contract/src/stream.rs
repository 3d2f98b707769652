//! A shard's stream: what it must be, as data, and what is said of one that is not so.
//!
//! | part | says |
//! |---|---|
//! | `settings` | every setting of a stream, and in which of them one differs |
//! | `state` | which messages one lacks |

mod settings;
mod state;

use std::time::Duration;

use serde::Deserialize;

pub use settings::{Config, shards_of};
pub use state::State;

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

/// What a reader takes at once, which bounds its memory for each shard. A server that takes larger messages could hold one
/// that nobody can read.
pub const MAX_PAYLOAD_BYTES: usize = 2 * 1024 * 1024;

/// A service cuts its envelopes at this size: some 250 events, so that a sync to disk is shared by many, and small enough
/// that a reader's buffers stay small.
pub const MAX_ENVELOPE_BYTES: usize = 128 * 1024;

/// A stream as JetStream's API tells it (`STREAM.INFO`): what the server says, not only what this program knows of.
#[derive(Clone, Debug, Deserialize)]
pub struct Found {
    /// Its settings.
    pub config: Config,
    /// What it holds.
    pub state: State,
}

impl Found {
    /// From where on the stream must hold every message: from 1, or from where it was made to begin, or from `whole_from`, if
    /// healing has put everything back from there on.
    pub fn must_hold_from(&self, whole_from: u64) -> u64 {
        let made_to_begin = self.config.get("first_seq").and_then(serde_json::Value::as_u64);
        whole_from.max(made_to_begin.unwrap_or(0)).max(1)
    }
}

/// What distinguishes one shard's stream from another; all else is the same for all of them ([`Settings::config`]).
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
