//! Reads that are never stale: a read waits until the service has caught up with the log.

use std::time::Duration;

use wallet_contract::shard::Shard;
use wallet_db::stored::as_of;
use wallet_db::{Db, Pool};

use crate::problem::Problem;
use crate::running::Running;

/// How long a read waits for the service to catch up with the log.
pub const CATCH_UP: Duration = Duration::from_secs(5);
/// The polling interval.
pub const LOOK: Duration = Duration::from_millis(2);

/// The database of a shard, caught up with the log as it was at the time of the request.
pub async fn caught_up(running: &Running, shard: Shard) -> Result<Db, Problem> {
    let mut db = pool(running, shard)?.acquire().await?;
    catch_up(running, shard, &mut db).await?;
    Ok(db)
}

/// Waits until a shard's database has caught up with the log as it is now.
pub async fn catch_up(running: &Running, shard: Shard, db: &mut Db) -> Result<(), Problem> {
    let last = running.bus.last_sequence(shard).await?;
    let target = i64::try_from(last).unwrap_or(i64::MAX);
    let deadline = tokio::time::Instant::now() + CATCH_UP;
    loop {
        // The working instance knows first: a position after which there was nothing to commit is written a moment later.
        let known_here = running
            .board
            .position(shard)
            .is_some_and(|position| position >= last);
        let as_of = as_of(db).await?;
        if known_here || as_of.sequence >= target {
            return Ok(());
        }
        if tokio::time::Instant::now() > deadline {
            let behind = target.saturating_sub(as_of.sequence);
            return Err(Problem::unavailable(format!(
                "shard {shard} is {behind} messages behind the log: try again, or see /readyz"
            )));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A shard's connection pool, without waiting for the log.
pub fn pool(running: &Running, shard: Shard) -> Result<&Pool, Problem> {
    let pool = running
        .pools
        .iter()
        .find(|(owned, _)| *owned == shard)
        .map(|(_, pool)| pool);
    pool.ok_or_else(|| Problem::not_found(format!("no shard {shard} here")))
}
