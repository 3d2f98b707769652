//! Transfers whose beginning, or whose wait for the payer, is not in memory. They are timed from the books, a moment later.

use std::time::Duration;

use ledger_core::Status;
use prometheus_client::metrics::family::Family;
use tokio::sync::mpsc;
use tracing::debug;
use wallet_contract::id::TransferKey;
use wallet_db::{Pool, Result, Set};
use wallet_runtime::metrics::{Durations, seconds};

use super::Outcome;

/// How many transfers may wait to be looked up. Any others are counted and not timed.
const LATE: usize = 4_096;
/// How many are looked up at a time.
const AT_ONCE: usize = 256;
/// The pause between two look-ups.
const PAUSE: Duration = Duration::from_millis(100);

/// Receives transfers that have ended, until all senders are gone.
pub(super) fn start(pool: Pool, times: Family<Outcome, Durations>) -> mpsc::Sender<TransferKey> {
    let (late, to_look_up) = mpsc::channel(LATE);
    tokio::spawn(look_up(to_look_up, pool, times));
    late
}

async fn look_up(mut late: mpsc::Receiver<TransferKey>, pool: Pool, times: Family<Outcome, Durations>) {
    let mut keys = Vec::with_capacity(AT_ONCE);
    while late.recv_many(&mut keys, AT_ONCE).await > 0 {
        if let Err(error) = time(&pool, &keys, &times).await {
            debug!("{} transfers are not timed: {error}", keys.len());
        }
        keys.clear();
        tokio::time::sleep(PAUSE).await;
    }
}

async fn time(pool: &Pool, keys: &[TransferKey], times: &Family<Outcome, Durations>) -> Result<()> {
    let set = Set::new()
        .uuids("id", keys.iter().map(|key| key.id.0))
        .texts("payer", keys.iter().map(|key| key.payer.as_str()));
    let sql = "SELECT f.status, f.started_us, f.ended_us, f.held_us FROM k CROSS JOIN flow AS f \
               WHERE f.transfer = k.id AND f.account = k.payer AND f.verb = 'transfer' AND f.ended_us IS NOT NULL";
    for row in pool.acquire().await?.select(sql, set).await? {
        let word = row.text(0)?;
        let status = Status::ENDS.into_iter().find(|status| status.word() == word);
        if let Some(status) = status {
            let outcome = Outcome {
                outcome: status.word(),
            };
            let held_us = row.int_or_null(3)?.unwrap_or(0);
            let took = seconds(row.int(1)?, row.int(2)?.saturating_sub(held_us));
            times.get_or_create(&outcome).observe_all([took]);
        }
    }
    Ok(())
}
