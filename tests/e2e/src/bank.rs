//! Jepsen's bank test: clients move money between accounts, readers ask for the total of all accounts.
//!
//! What a whole-bank read promises. Each shard's answer is a prefix of that shard's log, at least as long as the log was when
//! the question was asked; the prefixes of two shards need not fit together. A payment between shards is debited in one and
//! credited in another, so the *current* balances, read shard by shard, may show it on neither side, or on both. That is not an
//! error; it is counted here as *skewed*.
//!
//! To get a total that must be right at every read, ask for a moment in the past:
//!
//! 1. Ask each shard how far its books are. Let T be one microsecond before the earliest of these times. A log's time never
//!    goes back, so everything that a shard stored up to T is in its books by now, and nothing can be added to it.
//! 2. Ask for each account's balance `at` T. That is one cut through all logs, the same for every later read at T.
//! 3. Whatever was debited up to T and neither credited nor given back up to T is in transit; the statements show it, transfer
//!    by transfer. Available + held + in transit, including `@world`, is then zero.
//!
//! Step 3 pairs debits and credits by payer and id, and ignores what can't be paired. So a credit without its debit, a second
//! credit, or one of another amount makes the total wrong, and so does a running balance that is not the sum of its lines.
//! Money that never arrives stays in transit for ever, so at the end nothing may be in transit.
//!
//! The cut is defined by the times at which messages were stored. With one NATS server these come from one clock, so no effect
//! is in the cut without its cause. In a cluster the leaders' clocks may differ by some milliseconds; then a credit can be in
//! the cut without its debit, and a reader has to choose an earlier T, or use the totals of a quiet moment.

mod clients;
mod pairs;
mod plot;
mod reader;

pub use clients::pay_at_random;
pub use plot::svg;
pub use reader::Reader;

use anyhow::{Context as _, Result, ensure};

/// One whole-bank read at a moment, in cents, over all accounts but the outside.
#[derive(Clone, Copy, Debug)]
pub struct Total {
    /// When it was read, in seconds from the start.
    pub read_at: f64,
    /// Available.
    pub available: i64,
    /// Held.
    pub held: i64,
    /// In transit.
    pub in_transit: i64,
    /// The balance of `@world`: the negative of everything deposited.
    pub world: i64,
}

impl Total {
    /// The sum, which must be zero.
    pub fn sum(self) -> i64 {
        self.available + self.held + self.in_transit + self.world
    }
}

/// The readers' observations.
#[derive(Debug, Default)]
pub struct Seen {
    /// Reads at a moment.
    pub totals: Vec<Total>,
    /// Reads whose sum was not zero.
    pub wrong: Vec<String>,
    /// Balances below zero, and lines that don't add up.
    pub breaches: Vec<String>,
    /// Number of reads of the current balances.
    pub now: usize,
    /// How many of these showed a payment between shards on neither side, or on both.
    pub skewed: usize,
    /// Reads without an answer, because the ledger was down or had not caught up.
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

    /// Fails unless every total was right.
    pub fn check(&self) -> Result<()> {
        let (wrong, breaches) = (self.wrong.iter().take(3), self.breaches.iter().take(3));
        let some: Vec<&String> = wrong.chain(breaches).collect();
        ensure!(some.is_empty(), "{}; such as {some:#?}", self.text());
        ensure!(!self.totals.is_empty(), "no read succeeded");
        Ok(())
    }
}

/// `-12.50` as -1250. USD only.
pub fn cents(text: &str) -> Result<i64> {
    let (whole, cents) = text.rsplit_once('.').context("two decimals")?;
    ensure!(cents.len() == 2, "{text:?} does not have two decimals");
    format!("{whole}{cents}")
        .parse()
        .with_context(|| format!("{text:?} is not an amount"))
}
