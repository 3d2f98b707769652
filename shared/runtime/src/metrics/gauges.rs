//! Gauges that are present only while they have a value.

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
    /// Sets a shard's value.
    pub fn set(&self, shard: Shard, value: i64) {
        self.0.get_or_create(&Label { shard: shard.0 }).set(value);
    }

    /// Removes a shard's value, because another instance reports it now.
    pub fn clear(&self, shard: Shard) {
        self.0.remove(&Label { shard: shard.0 });
    }

    /// The gauge of one shard.
    pub fn of(&self, shard: Shard) -> ShardGauge {
        ShardGauge {
            gauges: self.clone(),
            shard,
        }
    }
}

impl ShardGauge {
    /// Sets the value.
    pub fn set(&self, value: i64) {
        self.gauges.set(self.shard, value);
    }

    /// Removes the value.
    pub fn clear(&self) {
        self.gauges.clear(self.shard);
    }
}
