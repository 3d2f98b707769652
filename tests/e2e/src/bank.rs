//! Jepsen's bank test: clients move money between accounts, readers ask what all accounts have together.
//!
//! What a whole-bank read promises. Each shard's answer is a prefix of that shard's log, at least as long as the log was
//! when asked; two shards' prefixes need not fit together. A payment between shards is debited in one and credited in
//! another, so the balances *as they are now*, read shard by shard, may show it on neither side, or on both. That is no
//! error, and is counted here as *skewed*.
//!
//! A total that must be right at every read is had by asking for a moment in the past:
//!
//! 1. Ask each shard how far its books are. Let T be one microsecond before the earliest of these times. A log's time never
//!    goes back, so what any shard stored up to T is in its books by now, and nothing can be added to it.
//! 2. Ask each account what it had `at` T. That is one cut through all logs, the same for whoever asks at any later time.
//! 3. What was debited up to T and neither credited nor given back up to T is in transit; the statements say it, transfer
//!    by transfer. Available + held + in transit, with `@world` counted, is then zero.
//!
//! Step 3 pairs debits and credits by payer and id, and what can't be paired counts for nothing: so a credit without its
//! debit, a second one, or one of another amount is a wrong total, and so is a running balance that is not the sum of its
//! lines. Money that never arrives is in transit for ever, so at the end nothing may be.
//!
//! The cut is made by the times at which messages were stored. With one NATS server these are of one clock, so no effect
//! is in the cut without its cause. In a cluster the leaders' clocks may differ by some milliseconds; then a credit can be
//! in the cut and its debit not, and a reader has to choose an earlier T, or the totals of a quiet moment.

mod clients;
mod pairs;
mod plot;
mod reader;

pub use clients::pay_around;
pub use plot::svg;
pub use reader::Reader;

use anyhow::{Context as _, Result, ensure};

/// One whole-bank read at a moment, in cents; of all accounts but the outside.
#[derive(Clone, Copy, Debug)]
pub struct Total {
    /// Seconds from the start until it was read.
    pub read_at: f64,
    /// What can be spent.
    pub available: i64,
    /// What is reserved.
    pub held: i64,
    /// What is on its way.
    pub in_transit: i64,
    /// The outside's balance: the opposite of all that was brought in.
    pub world: i64,
}

impl Total {
    /// What must be zero.
    pub fn sum(self) -> i64 {
        self.available + self.held + self.in_transit + self.world
    }
}

/// What the readers have seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Reads at a moment.
    pub totals: Vec<Total>,
    /// Those whose sum was not zero.
    pub wrong: Vec<String>,
    /// Balances below zero, and lines that don't add up.
    pub breaches: Vec<String>,
    /// Reads of the balances as they are now.
    pub now: usize,
    /// How many of these showed a payment between shards on neither side, or on both.
    pub skewed: usize,
    /// Reads that got no answer: the ledger was gone, or behind.
    pub unanswered: usize,
}

impl Seen {
    /// The checker's verdict.
    pub fn text(&self) -> String {
        format!(
            "{} whole-bank reads, wrong totals {}, negative balances or lines that don't add up {}, unanswered {}; \
             {} reads of the balances as they are now, {} of them skewed",
            self.totals.len(),
            self.wrong.len(),
            self.breaches.len(),
            self.unanswered,
            self.now,
            self.skewed
        )
    }

    /// Every total was right.
    pub fn check(&self) -> Result<()> {
        let (wrong, breaches) = (self.wrong.iter().take(3), self.breaches.iter().take(3));
        let some: Vec<&String> = wrong.chain(breaches).collect();
        ensure!(some.is_empty(), "{}; such as {some:#?}", self.text());
        ensure!(!self.totals.is_empty(), "nobody read anything");
        Ok(())
    }
}

/// `-12.50` as -1250. USD only.
pub fn cents(text: &str) -> Result<i64> {
    let (whole, cents) = text.rsplit_once('.').context("two decimals")?;
    ensure!(cents.len() == 2, "{text:?} has not two decimals");
    format!("{whole}{cents}")
        .parse()
        .with_context(|| format!("{text:?} is no amount"))
}
