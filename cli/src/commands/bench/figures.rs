//! What was measured.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::output;

/// Longer than any run: an hour.
const LONGEST_US: u64 = 3_600_000_000;

/// A distribution of time spans.
pub(super) struct Latency(Histogram<u64>);

impl Latency {
    pub(super) fn new() -> Result<Self> {
        Ok(Self(Histogram::new_with_bounds(1, LONGEST_US, 3)?))
    }

    pub(super) fn record(&mut self, span: Duration) {
        self.0
            .saturating_record(u64::try_from(span.as_micros()).unwrap_or(u64::MAX));
    }

    /// Milliseconds that `percent` of all stay below; nothing was measured, nothing is said.
    pub(super) fn ms(&self, percent: f64) -> Option<f64> {
        (!self.0.is_empty())
            .then(|| rounded(Duration::from_micros(self.0.value_at_percentile(percent)).as_secs_f64() * 1e3))
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }
}

/// Three decimals: more would pretend.
pub(super) fn rounded(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}

/// How many a second.
pub(super) fn per_second(count: u64, seconds: f64) -> u64 {
    // A rate is for reading: what an f64 loses of a count that large does not matter.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "above"
    )]
    let rate = (count as f64 / seconds.max(1e-9)) as u64;
    rate
}

/// All figures of a run.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    pub(super) transfers: u64,
    /// From the first publish until the last transfer had ended in the ledger.
    pub(super) seconds: f64,
    pub(super) tps: u64,
    /// From publish to outcome, of those that were sampled.
    pub(super) p50_ms: Option<f64>,
    pub(super) p99_ms: Option<f64>,
    pub(super) max_ms: Option<f64>,
    pub(super) sampled: u64,
    /// Whether `verify` found every invariant to hold.
    pub(super) conserved: bool,
    pub(super) database: &'static str,
    pub(super) shards: u16,
    pub(super) accounts: u32,
    pub(super) hot_percent: u8,
    pub(super) batch: u32,
    pub(super) mode: &'static str,
    pub(super) sending: &'static str,
    pub(super) rate: Option<u32>,
    /// The most memory that each service has used, MiB.
    pub(super) memory_mb: BTreeMap<&'static str, Option<u64>>,
    pub(super) settled: u64,
    pub(super) refused: u64,
    pub(super) compensated: u64,
    pub(super) seed: u64,
}

impl Figures {
    /// For people.
    pub(super) fn text(&self) -> String {
        let count = |number: u64| output::count(usize::try_from(number).unwrap_or(usize::MAX));
        let ms = |ms: Option<f64>| ms.map_or("–".to_owned(), |ms| format!("{ms} ms"));
        let memory = self
            .memory_mb
            .iter()
            .map(|(name, mb)| format!("{name} {}", mb.map_or("–".to_owned(), |mb| format!("{mb} MB"))));
        let memory: Vec<String> = memory.collect();
        let setting = match self.rate {
            Some(rate) => format!("{rate} single requests a second"),
            None => format!("{} in a message", self.batch),
        };
        let Self {
            shards,
            accounts,
            hot_percent,
            database,
            seconds,
            ..
        } = self;
        let latency = format!(
            "p50 {}, p99 {}, of {}",
            ms(self.p50_ms),
            ms(self.p99_ms),
            count(self.sampled)
        );
        let lines = [
            format!(
                "{} transfers a second: {} in {seconds} s",
                count(self.tps),
                count(self.transfers)
            ),
            format!(
                "  setting   {database}, {shards} shards, {accounts} accounts, {hot_percent} % touch one of them, {setting}"
            ),
            format!("  latency   {latency}"),
            format!(
                "  ended     {} settled, {} refused, {} compensated",
                count(self.settled),
                count(self.refused),
                count(self.compensated)
            ),
            format!("  memory    {}", memory.join(", ")),
            format!(
                "  verify    {}",
                if self.conserved {
                    "every invariant holds"
                } else {
                    "BREACHED, see above"
                }
            ),
        ];
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_is_told_in_milliseconds() {
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
