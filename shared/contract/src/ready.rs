//! What an instance of a service says of itself: the body of `/readyz`, and its answer when the roll is called.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::subject::Service;

/// Where the roll is called: a core-NATS subject on which every instance answers with its [`Ready`].
pub const ROLL_CALL: &str = "wallet.ready";
/// The state of a shard on which the instance works.
pub const WORKING: &str = "working";
/// The state of a shard on which another instance works.
pub const STANDBY: &str = "standby";
/// The state of a shard whose log has lost messages.
pub const LOST_DATA: &str = "lost-data";

/// An instance of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The service's name.
    pub service: String,
    /// Names this instance: its host, its process id and when it began.
    #[serde(default)]
    pub instance: String,
    /// How it stands on each shard.
    pub shards: Vec<ShardReady>,
}

/// How an instance stands on one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardReady {
    /// Which shard.
    pub shard: u16,
    /// One word, such as `working`.
    pub state: String,
    /// What there is to say about it.
    #[serde(default)]
    pub detail: String,
    /// The sequence of the last message of the log that it has handled.
    #[serde(default)]
    pub position: u64,
    /// Into which shards' logs it can't bring what it has decided, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unpublished: BTreeMap<u16, String>,
}

impl Ready {
    /// Which service it is an instance of, if this version knows it.
    pub fn of(&self) -> Option<Service> {
        Service::ALL
            .into_iter()
            .find(|service| service.name() == self.service)
    }

    /// Whether it does what it should on every shard: it works, or stands by for one that does.
    pub fn is_ready(&self) -> bool {
        let good = |on: &ShardReady| matches!(on.state.as_str(), WORKING | STANDBY);
        !self.shards.is_empty() && self.shards.iter().all(good)
    }

    /// How it stands on a shard.
    pub fn on(&self, shard: u16) -> Option<&ShardReady> {
        self.shards.iter().find(|on| on.shard == shard)
    }
}

impl ShardReady {
    /// Whether this instance does the shard's work, and does it well.
    pub fn is_working(&self) -> bool {
        self.state == WORKING
    }
}

/// One line for people.
impl fmt::Display for ShardReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {}: {}", self.shard, self.state)?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.detail)
    }
}
