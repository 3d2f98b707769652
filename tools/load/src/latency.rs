//! Latencies and rates.

use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;

/// Longer than any run: an hour.
const LONGEST_US: u64 = 3_600_000_000;

/// A distribution of durations.
#[derive(Debug)]
pub struct Latency(Histogram<u64>);

impl Latency {
    /// An empty distribution.
    pub fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_US, 3)?))
    }

    /// Records a duration.
    pub fn record(&mut self, span: Duration) {
        self.0
            .saturating_record(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    }

    /// The given percentile in milliseconds; none if nothing was recorded.
    pub fn ms(&self, percent: f64) -> Option<f64> {
        (!self.0.is_empty())
            .then(|| rounded(Duration::from_micros(self.0.value_at_percentile(percent)).as_secs_f64() * 1e3))
    }

    /// How many durations were recorded.
    pub fn count(&self) -> u64 {
        self.0.len()
    }
}

/// Rounds to three decimals; more would be false precision.
pub fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// The rate per second.
pub fn per_second(count: u64, seconds: f64) -> u64 {
    // The rate is for people: the precision that an f64 loses on so large a count does not matter.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above"
    )]
    let rate = (count as f64 / seconds.max(1e-9)) as u64;
    rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latency_is_reported_in_milliseconds() {
        let mut latency = Latency::new().unwrap();
        assert_eq!(latency.ms(50.0), None);
        for ms in 1..=100 {
            latency.record(Duration::from_millis(ms));
        }
        let [half, most] = [50.0, 99.0].map(|percent| latency.ms(percent).unwrap());
        assert!(
            (half - 50.0).abs() < 0.1 && (most - 99.0).abs() < 0.1,
            "{half} {most}"
        );
        assert_eq!(per_second(200_000, 12.5), 16_000);
    }
}
