//! A histogram of durations that records a whole batch under one lock.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::histogram::exponential_buckets;
use prometheus_client::metrics::{MetricType, TypedMetric};

/// From half a millisecond to four and a half minutes, each bucket twice the one before.
const BUCKETS: (f64, f64, u16) = (0.000_5, 2.0, 20);

/// A histogram of seconds.
#[derive(Clone, Debug)]
pub struct Durations(Arc<Mutex<Counts>>);

#[derive(Debug)]
struct Counts {
    sum: f64,
    count: u64,
    /// Upper bound, and the count of values in this bucket alone.
    buckets: Vec<(f64, u64)>,
}

impl Default for Durations {
    fn default() -> Self {
        let (start, factor, length) = BUCKETS;
        let bounds = exponential_buckets(start, factor, length).chain([f64::MAX]);
        Self(Arc::new(Mutex::new(Counts {
            sum: 0.0,
            count: 0,
            buckets: bounds.map(|bound| (bound, 0)).collect(),
        })))
    }
}

impl Durations {
    /// Records measurements.
    pub fn observe_all(&self, seconds: impl IntoIterator<Item = f64>) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for value in seconds {
            counts.sum += value;
            counts.count += 1;
            let at = counts.buckets.partition_point(|(bound, _)| *bound < value);
            if let Some((_, count)) = counts.buckets.get_mut(at) {
                *count += 1;
            }
        }
    }
}

impl EncodeMetric for Durations {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> std::fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        encoder.encode_histogram::<NoLabelSet>(counts.sum, counts.count, &counts.buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Durations {
    const TYPE: MetricType = MetricType::Histogram;
}

/// Seconds between two log times; zero if negative, since two servers' clocks may disagree although the log never goes back.
pub fn seconds(from_us: i64, to_us: i64) -> f64 {
    std::time::Duration::from_micros(u64::try_from(to_us.saturating_sub(from_us)).unwrap_or(0)).as_secs_f64()
}
