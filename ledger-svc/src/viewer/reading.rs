//! Data access for pages. A person would rather see what is known, with a note that there is more, than wait.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use wallet_contract::shard::Shard;
use wallet_db::Db;
use wallet_db::stored::as_of;
use wallet_runtime::problem::Problem;
use wallet_runtime::reading::pool;
use wallet_runtime::running::Running;

/// How long a page waits for the books to catch up with the log.
const PATIENCE: Duration = Duration::from_millis(150);

/// How far a shard's books are behind its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lag {
    None,
    Messages(i64),
    /// NATS does not answer.
    Unknown,
}

/// The databases of all shards, in shard order, and the largest lag.
pub(super) async fn all(running: &Running) -> Result<(Vec<Db>, Lag), Problem> {
    let (mut dbs, mut worst) = (Vec::new(), Lag::None);
    for shard in running.settings.shards.all() {
        let (db, lag) = one(running, shard).await?;
        dbs.push(db);
        worst = match (worst, lag) {
            (Lag::Unknown, _) | (_, Lag::Unknown) => Lag::Unknown,
            (Lag::None, lag) | (lag, Lag::None) => lag,
            (Lag::Messages(a), Lag::Messages(b)) => Lag::Messages(a.max(b)),
        };
    }
    Ok((dbs, worst))
}

/// The database of a shard, after a short wait for its books to catch up.
pub(super) async fn one(running: &Running, shard: Shard) -> Result<(Db, Lag), Problem> {
    let mut db = pool(running, shard)?.acquire().await?;
    let Ok(Ok(last)) = tokio::time::timeout(PATIENCE, running.bus.last_sequence(shard)).await else {
        return Ok((db, Lag::Unknown));
    };
    let last = i64::try_from(last).unwrap_or(i64::MAX);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let behind = last.saturating_sub(as_of(&mut db).await?.sequence);
        if behind <= 0 {
            return Ok((db, Lag::None));
        }
        if Instant::now() >= deadline {
            return Ok((db, Lag::Messages(behind)));
        }
        sleep(Duration::from_millis(3)).await;
    }
}

/// The notice about the lag on a page.
pub(super) fn notice(lag: Lag) -> maud::Markup {
    maud::html! {
        @match lag {
            Lag::None => {}
            Lag::Messages(behind) => p.notice { "The books are " (behind) " messages behind the log: the newest entries may be missing." }
            Lag::Unknown => p.notice { "NATS does not answer, so it is unknown how much is missing. This is what the books contain." }
        }
    }
}
