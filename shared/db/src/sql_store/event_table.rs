//! The event table of a shard: the service's own decisions.

use wallet_contract::id::EventId;
use wallet_contract::shard::Shard;
use wallet_engine::store::{Error, Events, Outgoing};

use crate::connect::Pool;
use crate::db::Db;
use crate::error;
use crate::set::{Arg, Row};

/// The event table, read beside the loop.
#[derive(Clone, Debug)]
pub struct SqlEvents(pub(super) Pool);

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

/// The last event.
pub(crate) async fn last(db: &mut Db) -> error::Result<Option<Outgoing>> {
    let sql = "SELECT no, id, shard_first, shard_then, body FROM event ORDER BY no DESC LIMIT 1";
    db.query(sql, &[]).await?.first().map(outgoing).transpose()
}

/// Reads the columns no, id, `shard_first`, `shard_then` and body.
pub(crate) fn outgoing(row: &Row) -> error::Result<Outgoing> {
    let shard = |number: i64| Shard(u16::try_from(number).unwrap_or(u16::MAX));
    Ok(Outgoing {
        no: row.int(0)?,
        id: EventId(row.uuid(1)?),
        first: shard(row.int(2)?),
        then: row.int_or_null(3)?.map(shard),
        json: row.text(4)?,
    })
}
