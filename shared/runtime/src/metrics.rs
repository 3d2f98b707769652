//! Prometheus metrics: base units, conventional names, as OpenMetrics or as Prometheus text.
//!
//! Metrics that all services have carry the labels `service` and `shard`. Metrics of the wallet as a whole (how transfers end,
//! how long steps take) name no process: see [`Metrics::whole`]. A shard's gauge is present only while this instance works on the
//! shard, so that stand-bys don't count twice.

mod durations;
mod form;
mod gauges;
mod plain;

pub use durations::{Durations, seconds};
pub use form::Form;
pub use gauges::{Gauges, ShardGauge};

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::SignedDuration;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};
use wallet_contract::shard::Shard;
use wallet_engine::meter::{Counts, Meter};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Label {
    pub(crate) shard: u16,
}

/// All metrics of one process.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Labelled with the service.
    own: Arc<Mutex<Registry>>,
    /// For the wallet as a whole.
    whole: Arc<Mutex<Registry>>,
    inputs: Family<Label, Counter>,
    repeats: Family<Label, Counter>,
    events: Family<Label, Counter>,
    park_input: Family<Label, Counter>,
    position: Gauges,
    pending: Gauges,
    batch_seconds: Family<Label, Histogram>,
    publish_seconds: Family<Label, Histogram>,
}

/// The metrics of one shard.
#[derive(Clone, Debug)]
pub struct ShardMetrics {
    /// Requests and events handled.
    pub inputs: Counter,
    /// Requests and events that were already known.
    pub repeats: Counter,
    /// Events decided.
    pub events: Counter,
    /// Messages or elements parked.
    pub park_input: Counter,
    /// The last sequence handled.
    pub position: ShardGauge,
    /// Decisions that other shards' logs lack.
    pub pending: ShardGauge,
    /// The same, by destination.
    pending_to: Arc<Mutex<BTreeMap<Shard, usize>>>,
    /// Time from taking a batch to its commit.
    pub batch_seconds: Histogram,
    /// From the decision until the log has it.
    pub publish_seconds: Histogram,
}

impl Meter for ShardMetrics {
    fn committed(&self, batch: Counts) {
        self.inputs.inc_by(batch.inputs as u64);
        self.repeats.inc_by(batch.repeats as u64);
        self.events.inc_by(batch.events as u64);
        self.park_input.inc_by(batch.parked as u64);
        self.batch_seconds.observe(batch.took.as_secs_f64());
    }

    fn handled(&self, position: u64) {
        self.position.set(i64::try_from(position).unwrap_or(i64::MAX));
    }

    fn appended(&self, took: SignedDuration) {
        self.publish_seconds.observe(took.as_secs_f64());
    }

    fn pending(&self, to: Shard, decisions: usize) {
        let mut pending = self.pending_to.lock().unwrap_or_else(PoisonError::into_inner);
        pending.insert(to, decisions);
        let all: usize = pending.values().sum();
        self.pending.set(i64::try_from(all).unwrap_or(i64::MAX));
    }

    /// Clears the gauges, because another instance now reports them.
    fn rest(&self) {
        self.position.clear();
        self.pending.clear();
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
            own: Arc::default(),
            whole: Arc::new(Mutex::new(Registry::with_prefix("wallet"))),
            inputs: Family::default(),
            repeats: Family::default(),
            events: Family::default(),
            park_input: Family::default(),
            position: Gauges::default(),
            pending: Gauges::default(),
            batch_seconds: Family::new_with_constructor(histogram),
            publish_seconds: Family::new_with_constructor(histogram),
        };
        registry.register("inputs", "Requests and events handled", metrics.inputs.clone());
        registry.register(
            "repeats",
            "Requests and events that were already known",
            metrics.repeats.clone(),
        );
        registry.register("events", "Events decided", metrics.events.clone());
        let aside = "Messages or message elements parked since the start";
        registry.register("messages_parked", aside, metrics.park_input.clone());
        let position = "The last sequence of the shard's stream that was handled";
        registry.register("position", position, metrics.position.0.clone());
        let pending = "Decisions that other shards' logs must hold, and lack";
        registry.register("copies_pending_events", pending, metrics.pending.0.clone());
        let batch = "Time from taking a batch to its commit";
        registry.register("batch_duration_seconds", batch, metrics.batch_seconds.clone());
        let publish = "Time from appending a batch's decisions to the acknowledgement by the log";
        registry.register(
            "publish_duration_seconds",
            publish,
            metrics.publish_seconds.clone(),
        );
        Self {
            own: Arc::new(Mutex::new(registry)),
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
            park_input: self.park_input.get_or_create(&label).clone(),
            position: self.position.of(shard),
            pending: self.pending.of(shard),
            pending_to: Arc::default(),
            batch_seconds: self.batch_seconds.get_or_create(&label).clone(),
            publish_seconds: self.publish_seconds.get_or_create(&label).clone(),
        }
    }

    /// A service's own gauges, one for each shard. The name must end in its unit.
    pub fn gauges(&self, name: &str, help: &str) -> Gauges {
        let gauges = Gauges::default();
        register(&self.own, name, help, gauges.0.clone());
        gauges
    }

    /// A metric of this process, without a shard label.
    pub fn own<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        register(&self.own, name, help, metric.clone());
        metric
    }

    /// A metric of the wallet as a whole, which one service reports for all.
    pub fn whole<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        register(&self.whole, name, help, metric.clone());
        metric
    }

    /// The text for Prometheus to scrape.
    pub fn text(&self, form: Form) -> String {
        match form {
            Form::OpenMetrics => self.open(),
            Form::Text => plain::plain(&self.open()),
        }
    }

    fn open(&self) -> String {
        let mut text = String::new();
        let mut write = |registry: &Mutex<Registry>| {
            encode_registry(
                &mut text,
                &registry.lock().unwrap_or_else(PoisonError::into_inner),
            )
        };
        let written = write(&self.own).and_then(|()| write(&self.whole));
        if written.and_then(|()| encode_eof(&mut text)).is_err() {
            let _ = writeln!(text, "# could not be written");
        }
        text
    }
}

fn register(registry: &Mutex<Registry>, name: &str, help: &str, metric: impl Metric) {
    let mut registry = registry.lock().unwrap_or_else(PoisonError::into_inner);
    registry.register(name, help, metric);
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use prometheus_client::metrics::gauge::Gauge;

    use super::*;

    #[test]
    fn the_text_is_open_metrics() {
        let metrics = Metrics::new("debit-svc");
        let shard = metrics.shard(Shard(1));
        shard.inputs.inc_by(3);
        Meter::pending(&shard, Shard(0), 3);
        Meter::pending(&shard, Shard(2), 4);
        metrics
            .gauges("parked_messages", "Set aside now")
            .set(Shard(0), 2);
        let seconds = Family::<Vec<(String, String)>, Durations>::default();
        let seconds = metrics.whole("step_duration_seconds", "A step", seconds);
        let label = vec![("event".to_owned(), "account.debited".to_owned())];
        seconds.get_or_create(&label).observe_all([0.000_4, 0.003]);
        let unknown = Gauge::<f64, AtomicU64>::default();
        metrics.own("lag_seconds", "Not known", unknown).set(f64::NAN);
        let text = metrics.text(Form::OpenMetrics);
        for line in [
            "# HELP wallet_inputs Requests and events handled.",
            "# TYPE wallet_inputs counter",
            "wallet_inputs_total{service=\"debit-svc\",shard=\"1\"} 3",
            "wallet_lag_seconds{service=\"debit-svc\"} NaN",
            "# TYPE wallet_copies_pending_events gauge",
            "wallet_copies_pending_events{service=\"debit-svc\",shard=\"1\"} 7",
            "wallet_parked_messages{service=\"debit-svc\",shard=\"0\"} 2",
            "# TYPE wallet_step_duration_seconds histogram",
            "wallet_step_duration_seconds_count{event=\"account.debited\"} 2",
            "wallet_step_duration_seconds_bucket{le=\"0.0005\",event=\"account.debited\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        assert_eq!(text.matches("# EOF").count(), 1);
        assert!(text.ends_with("# EOF\n"), "{text}");
        let plain = metrics.text(Form::Text);
        assert!(plain.contains("\n# TYPE wallet_inputs_total counter\n") && !plain.contains("# EOF"));
        shard.rest();
        let rested = metrics.text(Form::OpenMetrics);
        assert!(!rested.contains("wallet_copies_pending_events{"), "at rest");
    }
}
