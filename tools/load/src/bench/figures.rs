//! The measured figures.

use std::collections::BTreeMap;

use serde::Serialize;
use wallet_terminal::output;

/// All figures of a run.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub(super) transfers: u64,
    /// From the first publish until the last transfer had ended in the ledger.
    pub(super) seconds: f64,
    pub(super) tps: u64,
    /// From publish to outcome, over the sampled transfers.
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
    pub(super) callers: Option<u32>,
    /// Whether the callers shared messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) shared: Option<bool>,
    /// The peak memory of each service, in MiB.
    pub(super) memory_mb: BTreeMap<&'static str, Option<u64>>,
    pub(super) settled: u64,
    pub(super) refused: u64,
    pub(super) compensated: u64,
    pub(super) seed: u64,
}

impl Figures {
    /// Transfers a second.
    pub fn tps(&self) -> u64 {
        self.tps
    }

    /// Whether the audit found every invariant to hold.
    pub fn is_conserved(&self) -> bool {
        self.conserved
    }

    /// A report for people.
    pub fn text(&self) -> String {
        let count = |number: u64| output::count(usize::try_from(number).unwrap_or(usize::MAX));
        let ms = |ms: Option<f64>| ms.map_or("–".to_owned(), |ms| format!("{ms} ms"));
        let memory = self
            .memory_mb
            .iter()
            .map(|(name, mb)| format!("{name} {}", mb.map_or("–".to_owned(), |mb| format!("{mb} MB"))));
        let memory: Vec<String> = memory.collect();
        let setting = match (self.rate, self.callers) {
            (Some(rate), _) => format!("{rate} single requests a second"),
            (None, Some(callers)) => {
                let shared = if self.shared == Some(true) {
                    " and share messages"
                } else {
                    ""
                };
                format!("{callers} callers that wait for each outcome{shared}")
            }
            (None, None) => format!("{} in a message", self.batch),
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
                "  setting   {database}, {shards} shards, {accounts} accounts, {hot_percent} % of the transfers touch one of them, {setting}"
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
                    "FAILED, see above"
                }
            ),
        ];
        lines.join("\n")
    }
}
