//! Prometheus metrics of the loop: base units, one label `shard`.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use wallet_contract::shard::Shard;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    shard: u16,
}

/// All metrics of one process.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    inputs: Family<Label, Counter>,
    repeats: Family<Label, Counter>,
    events: Family<Label, Counter>,
    parked: Family<Label, Counter>,
    position: Family<Label, Gauge>,
    outbox_lag: Family<Label, Gauge>,
    batch_seconds: Family<Label, Histogram>,
    publish_seconds: Family<Label, Histogram>,
}

/// The metrics of one shard.
#[derive(Clone, Debug)]
pub struct ShardMetrics {
    /// Requests and events handled.
    pub inputs: Counter,
    /// Requests and events known already.
    pub repeats: Counter,
    /// Events decided.
    pub events: Counter,
    /// Messages or elements set aside.
    pub parked: Counter,
    /// The last sequence handled.
    pub position: Gauge,
    /// Events committed and not yet published.
    pub outbox_lag: Gauge,
    /// From taking a batch to its commit.
    pub batch_seconds: Histogram,
    /// From commit to acknowledgement.
    pub publish_seconds: Histogram,
}

/// A gauge for each shard.
#[derive(Clone, Debug)]
pub struct Gauges(Family<Label, Gauge>);

impl Gauges {
    /// Says how much it is on a shard now.
    pub fn set(&self, shard: Shard, value: i64) {
        self.0.get_or_create(&Label { shard: shard.0 }).set(value);
    }
}

fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}

impl Metrics {
    /// Registers all metrics of `service`.
    pub fn new(service: &str) -> Self {
        let label = ("service".into(), service.to_owned().into());
        let mut registry = Registry::with_prefix_and_labels("wallet", [label].into_iter());
        let metrics = Self {
            registry: Arc::default(),
            inputs: Family::default(),
            repeats: Family::default(),
            events: Family::default(),
            parked: Family::default(),
            position: Family::default(),
            outbox_lag: Family::default(),
            batch_seconds: Family::new_with_constructor(histogram),
            publish_seconds: Family::new_with_constructor(histogram),
        };
        registry.register("inputs", "Requests and events handled", metrics.inputs.clone());
        registry.register(
            "repeats",
            "Requests and events that were known already",
            metrics.repeats.clone(),
        );
        registry.register("events", "Events decided", metrics.events.clone());
        registry.register(
            "parked_messages",
            "Messages or elements set aside",
            metrics.parked.clone(),
        );
        registry.register(
            "position",
            "The last sequence handled of the shard's stream",
            metrics.position.clone(),
        );
        let lag = "Events committed and not yet published";
        registry.register("outbox_lag_events", lag, metrics.outbox_lag.clone());
        let batch = "From taking a batch to its commit";
        registry.register("batch_duration_seconds", batch, metrics.batch_seconds.clone());
        let publish = "From a batch's commit to its acknowledgement by the log";
        registry.register(
            "publish_duration_seconds",
            publish,
            metrics.publish_seconds.clone(),
        );
        Self {
            registry: Arc::new(Mutex::new(registry)),
            ..metrics
        }
    }

    /// The metrics of one shard.
    pub fn shard(&self, shard: Shard) -> ShardMetrics {
        let label = Label { shard: shard.0 };
        ShardMetrics {
            inputs: self.inputs.get_or_create(&label).clone(),
            repeats: self.repeats.get_or_create(&label).clone(),
            events: self.events.get_or_create(&label).clone(),
            parked: self.parked.get_or_create(&label).clone(),
            position: self.position.get_or_create(&label).clone(),
            outbox_lag: self.outbox_lag.get_or_create(&label).clone(),
            batch_seconds: self.batch_seconds.get_or_create(&label).clone(),
            publish_seconds: self.publish_seconds.get_or_create(&label).clone(),
        }
    }

    /// A service's own gauges, one for each shard.
    pub fn gauges(&self, name: &str, help: &str) -> Gauges {
        let family = Family::default();
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(name, help, family.clone());
        Gauges(family)
    }

    /// The text that Prometheus reads (OpenMetrics).
    pub fn text(&self) -> String {
        let mut text = String::new();
        if encode(
            &mut text,
            &self.registry.lock().unwrap_or_else(PoisonError::into_inner),
        )
        .is_err()
        {
            let _ = writeln!(text, "# could not be written");
        }
        text
    }
}
