//! Gauges that are there only while there is something to tell.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use wallet_contract::shard::Shard;

use super::Label;

/// A gauge for each shard.
#[derive(Clone, Debug, Default)]
pub struct Gauges(pub(super) Family<Label, Gauge>);

/// The gauge of one shard.
#[derive(Clone, Debug)]
pub struct ShardGauge {
    gauges: Gauges,
    shard: Shard,
}

impl Gauges {
    /// Says how much it is on a shard now.
    pub fn set(&self, shard: Shard, value: i64) {
        self.0.get_or_create(&Label { shard: shard.0 }).set(value);
    }

    /// Says no more of a shard: another instance does.
    pub fn clear(&self, shard: Shard) {
        self.0.remove(&Label { shard: shard.0 });
    }

    /// One shard's.
    pub fn of(&self, shard: Shard) -> ShardGauge {
        ShardGauge {
            gauges: self.clone(),
            shard,
        }
    }
}

impl ShardGauge {
    /// Says how much it is now.
    pub fn set(&self, value: i64) {
        self.gauges.set(self.shard, value);
    }

    /// Says no more.
    pub fn clear(&self) {
        self.gauges.clear(self.shard);
    }
}
