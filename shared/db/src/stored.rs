//! Queries on the tables that every service has: the progress, the decided events, the number of parked messages.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::recall::recalled;
use wallet_engine::bus::Known;
use wallet_engine::clock::rfc3339;
use wallet_engine::store::Outgoing;

use crate::db::Db;
use crate::error::{Error, Result};
use crate::set::{Arg, Row, Set};
use crate::sql_store::event_table::outgoing;

/// Counting stops at this many rows: more is a problem whatever the number.
const PARKED: i64 = 100_000;

/// How far into a shard's log an answer reaches.
#[derive(Clone, Copy, Debug)]
pub struct AsOf {
    /// The sequence of the last handled message.
    pub sequence: i64,
    /// When that message was stored, microseconds since 1970.
    pub at_us: i64,
}

/// How far the work on a shard has progressed.
#[derive(Clone, Debug, Serialize)]
pub struct Position {
    /// The shard.
    pub shard: u16,
    /// The sequence of the last handled message.
    pub position: u64,
    /// When that message was stored; if an earlier message was stored later, that one's time.
    pub at: String,
    /// The sequence from which the stream must hold every message.
    pub whole_from: u64,
    /// The loop's state: `working`, `lost-data`, ….
    pub state: String,
}

/// A stored event, without its data.
#[derive(Clone, Debug, Serialize)]
pub struct StoredEvent {
    /// Its number in this store.
    pub no: i64,
    /// Its id.
    pub id: Uuid,
    /// The request or event that it was decided on.
    pub cause: Uuid,
    /// Its type.
    pub kind: String,
    /// When it was decided.
    pub time: String,
    /// The shards whose streams must hold it.
    pub to: Vec<u16>,
    /// Whether it can be the answer to a request.
    pub answers: bool,
}

/// How far into a shard's log the service has handled it.
pub async fn as_of(db: &mut Db) -> Result<AsOf> {
    let rows = db.query("SELECT position, at_us FROM progress", &[]).await?;
    let row = rows.first().ok_or(Error::NoProgress)?;
    Ok(AsOf {
        sequence: row.int(0)?,
        at_us: row.int(1)?,
    })
}

/// How far the work has progressed; the caller supplies the loop's `state`, from the status board.
pub async fn position(db: &mut Db, shard: u16, state: String) -> Result<Position> {
    let rows = db
        .query("SELECT position, at_us, whole_from FROM progress", &[])
        .await?;
    let row = rows.first().ok_or(Error::NoProgress)?;
    Ok(Position {
        shard,
        position: u64::try_from(row.int(0)?).unwrap_or_default(),
        at: rfc3339(row.int(1)?),
        whole_from: u64::try_from(row.int(2)?).unwrap_or_default(),
        state,
    })
}

/// The messages that the shard's stream must hold.
pub async fn known(db: &mut Db) -> Result<Known> {
    let rows = db
        .query("SELECT position, at_us, whole_from FROM progress", &[])
        .await?;
    let row = rows.first().ok_or(Error::NoProgress)?;
    Ok(Known {
        position: u64::try_from(row.int(0)?).unwrap_or_default(),
        at_us: row.int(1)?,
        whole_from: u64::try_from(row.int(2)?).unwrap_or_default(),
    })
}

/// Advances the progress to what the stream now holds, and ends any instance's tenure on the shard. Returns whether it did.
pub async fn set_known(db: &mut Db, known: Known) -> Result<bool> {
    let int = |number: u64| Arg::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let sql = "UPDATE progress SET position = $1, at_us = $2, whole_from = $3, within = -1, epoch = epoch + 1, expires_us = 0 \
               WHERE one = 1 AND position <= $1 AND at_us <= $2";
    let args = [int(known.position), Arg::Int(known.at_us), int(known.whole_from)];
    Ok(db.execute(sql, &args).await? == 1)
}

/// The events after number `after`, at most `limit`.
pub async fn events_after(db: &mut Db, after: i64, limit: i64) -> Result<Vec<StoredEvent>> {
    let sql = "SELECT no, id, shard_first, shard_then, body FROM event WHERE no > $1 ORDER BY no LIMIT $2";
    let rows = db.query(sql, &[Arg::Int(after), Arg::Int(limit)]).await?;
    rows.iter().map(short).collect()
}

fn short(row: &Row) -> Result<StoredEvent> {
    let stored = outgoing(row)?;
    let event = envelope::read(&stored.json).map_err(Error::unreadable)?;
    Ok(StoredEvent {
        no: stored.no,
        id: stored.id.0,
        cause: event.cause.0,
        kind: event.fact.kind().to_string(),
        time: event.time.to_string(),
        to: std::iter::once(stored.first)
            .chain(stored.then)
            .map(|shard| shard.0)
            .collect(),
        answers: recalled(&event).is_some(),
    })
}

/// The events with these numbers, in this order; the inner error is the first number without an event.
pub async fn decisions(db: &mut Db, numbers: &[i64]) -> Result<Result<Vec<Outgoing>, i64>> {
    let set = Set::new().ints("no", numbers.iter().copied());
    let sql = "SELECT e.no, e.id, e.shard_first, e.shard_then, e.body FROM k CROSS JOIN event AS e WHERE e.no = k.no";
    let rows = db.select(sql, set).await?;
    let found = rows
        .iter()
        .map(|row| outgoing(row).map(|decision| (decision.no, decision)));
    let found: BTreeMap<i64, Outgoing> = found.collect::<Result<_>>()?;
    let in_order = numbers.iter().map(|no| found.get(no).cloned().ok_or(*no));
    Ok(in_order.collect())
}

/// The number of parked messages, or elements of messages.
pub async fn parked(db: &mut Db) -> Result<i64> {
    let sql = "SELECT count(*) FROM (SELECT 1 FROM parked LIMIT $1) AS counted";
    let rows = db.query(sql, &[Arg::Int(PARKED)]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}
