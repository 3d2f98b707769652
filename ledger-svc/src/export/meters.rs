//! The metrics of the export. They are registered only if there is an export.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use wallet_contract::shard::Shard;
use wallet_otlp::Done;
use wallet_runtime::metrics::{Metrics, seconds};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    shard: u16,
}

type Seconds = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug)]
pub(super) struct Meters {
    lag: Family<Label, Seconds>,
    spans: Family<Label, Counter>,
    rejected: Family<Label, Counter>,
    oversized: Family<Label, Counter>,
    failures: Family<Label, Counter>,
}

impl Meters {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let lag = "Age of the oldest record in the books that is not yet exported as spans";
        let rejected = "Spans rejected by the OTLP receiver";
        let oversized = "Flows left out because each alone exceeds the OTLP receiver's size limit";
        let failures = "Failed export attempts, each of which is retried";
        Self {
            lag: metrics.own("export_lag_seconds", lag, Family::default()),
            spans: metrics.own("export_spans", "Spans exported over OTLP", Family::default()),
            rejected: metrics.own("export_rejected_spans", rejected, Family::default()),
            oversized: metrics.own("export_oversized_flows", oversized, Family::default()),
            failures: metrics.own("export_failures", failures, Family::default()),
        }
    }

    /// Starts the counters at 0: what has not happened yet is 0, rather than absent.
    pub(super) fn begin(&self, shard: Shard) {
        for counter in [&self.spans, &self.rejected, &self.oversized, &self.failures] {
            let _ = counter.get_or_create(&label(shard));
        }
    }

    /// Sets the age of the oldest record that is not exported yet.
    pub(super) fn behind(&self, shard: Shard, oldest_us: Option<i64>, now_us: i64) {
        let lag = oldest_us.map_or(0.0, |oldest_us| seconds(oldest_us, now_us));
        self.lag.get_or_create(&label(shard)).set(lag);
    }

    pub(super) fn done(&self, shard: Shard, done: &Done) {
        let (taken, rejected) = match done {
            Done::Sent { sent, .. } => (sent.spans, sent.rejected),
            Done::Refused { spans, .. } | Done::TooLarge { spans, .. } => (0, *spans),
        };
        self.spans.get_or_create(&label(shard)).inc_by(taken as u64);
        self.rejected.get_or_create(&label(shard)).inc_by(rejected as u64);
        if matches!(done, Done::TooLarge { .. }) {
            self.oversized.get_or_create(&label(shard)).inc();
        }
    }

    pub(super) fn failed(&self, shard: Shard) {
        self.failures.get_or_create(&label(shard)).inc();
    }

    /// Clears the shard's metrics: another instance exports it now.
    pub(super) fn clear(&self, shard: Shard) {
        self.lag.remove(&label(shard));
    }
}

fn label(shard: Shard) -> Label {
    Label { shard: shard.0 }
}
