//! The state that an instance of a service reports: the body of `/readyz`, and its answer to a roll call.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::subject::Service;

/// The subject of the roll call: a core-NATS subject on which every instance answers with its [`Ready`].
pub const ROLL_CALL: &str = "wallet.ready";
/// The state of a shard that the instance works on.
pub const WORKING: &str = "working";
/// The state of a shard that another instance works on.
pub const STANDBY: &str = "standby";
/// The state of a shard whose log has lost messages.
pub const LOST_DATA: &str = "lost-data";

/// The report of an instance of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The service's name.
    pub service: String,
    /// Identifies this instance: its host, its process id and its start time.
    #[serde(default)]
    pub instance: String,
    /// Its state on each shard.
    pub shards: Vec<ShardReady>,
}

/// The state of an instance on one shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardReady {
    /// The shard.
    pub shard: u16,
    /// One word, such as `working`.
    pub state: String,
    /// Details of the state.
    #[serde(default)]
    pub detail: String,
    /// The sequence of the last message in the log that it has handled.
    #[serde(default)]
    pub position: u64,
    /// The shards whose logs it can't publish its decisions to, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unpublished: BTreeMap<u16, String>,
}

impl Ready {
    /// The service, if this version knows it.
    pub fn of(&self) -> Option<Service> {
        Service::ALL
            .into_iter()
            .find(|service| service.name() == self.service)
    }

    /// Whether it is ready on every shard: it works, or stands by for an instance that does.
    pub fn is_ready(&self) -> bool {
        let good = |on: &ShardReady| matches!(on.state.as_str(), WORKING | STANDBY);
        !self.shards.is_empty() && self.shards.iter().all(good)
    }

    /// Its state on a shard.
    pub fn on(&self, shard: u16) -> Option<&ShardReady> {
        self.shards.iter().find(|on| on.shard == shard)
    }
}

impl ShardReady {
    /// Whether this instance works on the shard without problems.
    pub fn is_working(&self) -> bool {
        self.state == WORKING
    }
}

/// One line of text for people.
impl fmt::Display for ShardReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {}: {}", self.shard, self.state)?;
        if self.detail.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.detail)
    }
}
