//! Checkpoints SQLite's write-ahead log from a task of its own.
//!
//! By default SQLite checkpoints within whichever commit makes the log long, and the shard stands still meanwhile: under load for about
//! a second each time.

use std::time::Duration;

use sqlx::sqlite::SqlitePool;
use tokio::time::sleep;
use tracing::debug;

/// How often the log's length is checked.
const LOOK: Duration = Duration::from_millis(250);
/// The number of pages that are only in the log, 32 MiB, at which a checkpoint is taken.
const PAGES: i64 = 4_000;
/// The length at which a commit itself copies the remaining pages into the database and the log restarts: under constant writes there
/// is always a remainder that no other connection can copy.
pub(super) const ANEW: i64 = 16_000;

/// Takes checkpoints until the pool is closed. Nothing waits for this task.
pub(super) async fn look_after(pool: SqlitePool) {
    loop {
        tokio::select! {
            () = pool.close_event() => return,
            () = sleep(LOOK) => {}
        }
        // The shard loop gets the same error, and reports it.
        if let Err(error) = put_back(&pool).await {
            debug!(%error, "checkpoint failed: {error}");
        }
    }
}

async fn put_back(pool: &SqlitePool) -> sqlx::Result<()> {
    let mut db = pool.acquire().await?;
    let look = sqlx::query_as("PRAGMA wal_checkpoint(NOOP)");
    let (_, pages, done): (i64, i64, i64) = look.fetch_one(&mut *db).await?;
    if pages - done >= PAGES {
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;
    use wallet_contract::shard::Shard;

    use super::super::connect::{Pool, Target};
    use super::super::set::Arg;
    use super::*;

    #[tokio::test]
    async fn a_long_log_is_checkpointed_without_commits() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/wallet.db", folder.path().display());
        let pool = Target::new(&url, Shard(0)).open(&[]).await.unwrap();
        let Pool::Sqlite { pool: sqlite, .. } = &pool else {
            unreachable!("{url} is SQLite")
        };
        let mut db = pool.acquire().await.unwrap();
        db.execute("CREATE TABLE page (body TEXT NOT NULL)", &[])
            .await
            .unwrap();
        let body = "x".repeat(6_000);
        let many = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1) \
                    INSERT INTO page (body) SELECT $2 FROM n";
        db.execute(many, &[Arg::Int(PAGES), Arg::Text(&body)])
            .await
            .unwrap();

        let all = async {
            loop {
                let look = sqlx::query_as("PRAGMA wal_checkpoint(NOOP)");
                let (_, pages, done): (i64, i64, i64) = look.fetch_one(sqlite).await.unwrap();
                assert!(pages > PAGES && pages < ANEW, "{pages} pages");
                if done == pages {
                    break;
                }
                sleep(LOOK).await;
            }
        };
        timeout(Duration::from_secs(30), all)
            .await
            .expect("the log is still as long as it was");
    }
}
