//! The store of the loop in which the log decides.

use wallet_contract::id::EventId;
use wallet_contract::shard::Shard;
use wallet_engine::log_first::{Base, Events};
use wallet_engine::observer::Observer as _;
use wallet_engine::store::{Commit, Error, Outgoing};
use wallet_kernel::{Decider, Heard};

use super::{Core, SqlStore, Tables, outgoing};
use crate::connect::Pool;
use crate::error;
use crate::set::Arg;

impl<T: Tables> Base for SqlStore<T> {
    type Events = SqlEvents;

    async fn write(&mut self, commit: Commit<'_, <Core<T> as Decider>::State>) -> Result<(), Error> {
        let written = self.put(&commit, false).await;
        if written.is_err() {
            self.forget();
        }
        written
    }

    async fn settle(&mut self) -> Result<(), Error> {
        let settled = self.db().await?.commit().await;
        if settled.is_err() {
            self.forget();
        }
        Ok(settled?)
    }

    fn observe(&mut self, heard: &[Heard<'_>], state: &<Core<T> as Decider>::State) {
        self.observer.committed(heard, state);
    }

    async fn abandon(&mut self) {
        if let Some(mut db) = self.db.take() {
            db.roll_back().await;
        }
    }

    async fn last_event(&mut self) -> Result<Option<Outgoing>, Error> {
        let sql = "SELECT no, id, shard_first, shard_then, body FROM event ORDER BY no DESC LIMIT 1";
        let rows = self.db().await?.query(sql, &[]).await?;
        Ok(rows.first().map(outgoing).transpose()?)
    }

    fn event_table(&self) -> SqlEvents {
        SqlEvents(self.pool.clone())
    }
}

/// The event table of a shard, read beside its loop.
#[derive(Clone, Debug)]
pub struct SqlEvents(Pool);

impl Events for SqlEvents {
    async fn number(&mut self, id: EventId) -> Result<Option<i64>, Error> {
        // The event of the last copy is among the last events.
        let sql = "SELECT no FROM event WHERE id = $1 ORDER BY no DESC LIMIT 1";
        let mut db = self.0.acquire().await?;
        let rows = db.query(sql, &[Arg::Uuid(id.0)]).await?;
        Ok(rows.first().map(|row| row.int(0)).transpose()?)
    }

    async fn to(&mut self, shard: Shard, after: i64, limit: i64) -> Result<Vec<Outgoing>, Error> {
        let sql = "SELECT no, id, shard_first, shard_then, body FROM event WHERE shard_then = $1 AND no > $2 ORDER BY no LIMIT $3";
        let args = [Arg::Int(i64::from(shard.0)), Arg::Int(after), Arg::Int(limit)];
        let mut db = self.0.acquire().await?;
        let rows = db.query(sql, &args).await?;
        Ok(rows.iter().map(outgoing).collect::<error::Result<_>>()?)
    }
}
