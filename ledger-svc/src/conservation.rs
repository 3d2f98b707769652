//! Whether money is conserved, for metrics: Σ available + held + in transit over the account rows of all shards must be 0.
//!
//! Each shard's rows are a prefix of its own log, and two prefixes need not fit together: a payment between shards is on both
//! sides from when the payee's shard has booked the credit until the payer's shard takes it out of transit, and on neither if the
//! payer's shard is ahead. So a check reads one snapshot of each shard, finds the payments that only one of the two has booked,
//! and takes them out of the sum: they are in progress, not errors. If too many are in progress, or a shard's books are so far
//! behind that they have not heard of a payment at all, no sum is reported, and the time of the last figure shows its age.
//!
//! The instance that holds the first shard checks for all shards.

mod between;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tracing::debug;
use wallet_contract::shard::Shard;
use wallet_db::stored::as_of;
use wallet_db::{Db, Result};
use wallet_runtime::metrics::Metrics;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use crate::verdict;

/// The minimum time between two checks.
const LOOK: Duration = Duration::from_secs(5);
/// A check may take a twentieth of the time: it reads every account.
const PAUSE_FOR_EACH: u32 = 19;
/// The assumed maximum difference between the clocks of two servers and ours.
const SKEW_US: i64 = 1_000_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    currency: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NoLabel {}

/// Minor units by currency.
type Sums = BTreeMap<String, i128>;

/// A shard at one moment.
struct Snapshot {
    shard: Shard,
    db: Db,
    /// It includes everything that the log stored before this time, in microseconds.
    known_us: i64,
}

/// The metrics.
#[derive(Debug)]
pub(crate) struct Meters {
    error: Family<Label, Gauge>,
    checked: Family<NoLabel, Gauge>,
}

impl Meters {
    /// Registers them.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let error = "Sum of available, held and in-transit money of all accounts, by currency: 0 if correct";
        let checked = "Unix time at which the conservation error was last computed";
        Self {
            error: metrics.whole("conservation_error_minor_units", error, Family::default()),
            checked: metrics.whole(
                "conservation_checked_timestamp_seconds",
                checked,
                Family::default(),
            ),
        }
    }

    fn report(&self, errors: &Sums, now_s: i64) {
        for (currency, error) in errors {
            let currency = currency.clone();
            let error = i64::try_from(*error).unwrap_or(if *error > 0 { i64::MAX } else { i64::MIN });
            self.error.get_or_create(&Label { currency }).set(error);
        }
        self.checked.get_or_create(&NoLabel {}).set(now_s);
    }

    /// Removes sums that are not known now. The time of the last known sum stays.
    fn unknown(&self) {
        self.error.clear();
    }

    fn clear(&self) {
        self.error.clear();
        self.checked.clear();
    }
}

/// Checks at intervals, until the process ends.
pub(crate) async fn watch(running: Arc<Running>, meters: Meters, verdict: verdict::Watch) {
    loop {
        let began = tokio::time::Instant::now();
        let first = running.pools.first().map(|(shard, _)| *shard);
        let board = running.board.read();
        let works = first.and_then(|shard| board.get(&shard));
        if works.is_some_and(|(state, _)| state.is_working()) {
            match look(&running).await {
                Ok(Some(errors)) => {
                    meters.report(&errors, (running.clock)().as_second());
                    let wrong = errors.into_iter().filter(|(_, error)| *error != 0);
                    verdict.unbalanced(wrong.map(|(currency, _)| currency).collect());
                }
                Ok(None) => {
                    meters.unknown();
                    debug!(
                        "too many payments are in transit between the shards to compute the conservation error"
                    );
                }
                Err(problem) => {
                    meters.unknown();
                    debug!("the conservation error can't be computed: {problem:?}");
                }
            }
        } else {
            meters.clear();
        }
        tokio::time::sleep(LOOK.max(began.elapsed() * PAUSE_FOR_EACH)).await;
    }
}

/// The surplus by currency; `None` if it cannot be computed now.
async fn look(running: &Running) -> Result<Option<Sums>, Problem> {
    let mut ends = Vec::new();
    for (shard, _) in &running.pools {
        ends.push(i64::try_from(running.bus.last_sequence(*shard).await?).unwrap_or(i64::MAX));
    }
    let requested_us = (running.clock)().as_microsecond();
    let mut snapshots = Vec::new();
    for (shard, pool) in &running.pools {
        let (shard, db) = (*shard, pool.acquire().await?);
        let known_us = requested_us;
        snapshots.push(Snapshot { shard, db, known_us });
    }
    let added = add_up(running, &mut snapshots, &ends).await;
    // In any case: no other statements may run in these transactions.
    for snapshot in &mut snapshots {
        snapshot.db.roll_back().await;
    }
    Ok(added?)
}

async fn add_up(running: &Running, snapshots: &mut [Snapshot], ends: &[i64]) -> Result<Option<Sums>> {
    for (snapshot, end) in snapshots.iter_mut().zip(ends) {
        snapshot.db.begin_reading().await?;
        let as_of = as_of(&mut snapshot.db).await?;
        if as_of.sequence < *end {
            snapshot.known_us = as_of.at_us;
        }
    }
    let mut sums = Sums::new();
    let sql = "SELECT currency, CAST(sum(available) AS BIGINT), CAST(sum(held) AS BIGINT), \
               CAST(sum(in_transit) AS BIGINT) FROM account GROUP BY currency";
    for snapshot in snapshots.iter_mut() {
        for row in snapshot.db.query(sql, &[]).await? {
            let parts = [row.int(1)?, row.int(2)?, row.int(3)?];
            *sums.entry(row.text(0)?).or_default() += parts.map(i128::from).iter().sum::<i128>();
        }
    }
    let complete = between::take_out(running.settings.shards, snapshots, &mut sums).await?;
    Ok(complete.then_some(sums))
}
