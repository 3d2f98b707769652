//! What a shard's database remembers, read and set back for healing: how far the work has come, and what was decided.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::recall::recalled;

use crate::bus::Known;
use crate::db::{Arg, Db, Row, Set};
use crate::reading::time;
use crate::sql_store::outgoing;
use crate::store::Outgoing;

/// How far the work on a shard has come.
#[derive(Clone, Debug, Serialize)]
pub struct Position {
    /// The shard.
    pub shard: u16,
    /// The sequence of the last message that was handled.
    pub position: u64,
    /// When that message was stored, or one before it that was stored later.
    pub at: String,
    /// The number up to which decisions have been published.
    pub published: i64,
    /// From where on the stream must hold every message.
    pub whole_from: u64,
    /// How the loop stands: `working`, `lost-data`, ….
    pub state: String,
}

/// A stored decision, without its content.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    /// Its number in this store.
    pub no: i64,
    /// Its id.
    pub id: Uuid,
    /// The request or event that it answers.
    pub cause: Uuid,
    /// Its type.
    pub kind: String,
    /// When it was decided.
    pub time: String,
    /// The shards whose streams must hold it.
    pub to: Vec<u16>,
    /// Whether it can answer a request.
    pub answers: bool,
}

/// How far the work has come; the loop's own view of it comes from the board.
pub async fn position(db: &mut Db, shard: u16, state: String) -> sqlx::Result<Position> {
    let rows = db
        .query("SELECT position, at_us, published, whole_from FROM progress", &[])
        .await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(Position {
        shard,
        position: u64::try_from(row.int(0)?).unwrap_or_default(),
        at: time(row.int(1)?),
        published: row.int(2)?,
        whole_from: u64::try_from(row.int(3)?).unwrap_or_default(),
        state,
    })
}

/// What is known of the shard's stream.
pub async fn known(db: &mut Db) -> sqlx::Result<Known> {
    let rows = db
        .query("SELECT position, at_us, whole_from FROM progress", &[])
        .await?;
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    Ok(Known {
        position: u64::try_from(row.int(0)?).unwrap_or_default(),
        at_us: row.int(1)?,
        whole_from: u64::try_from(row.int(2)?).unwrap_or_default(),
    })
}

/// Sets the work forward to what is now known of the stream. Whoever worked on the shard no longer does.
pub async fn set_known(db: &mut Db, known: Known) -> sqlx::Result<bool> {
    let int = |number: u64| Arg::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let sql = "UPDATE progress SET position = $1, at_us = $2, whole_from = $3, epoch = epoch + 1, expires_us = 0 \
               WHERE one = 1 AND position <= $1 AND at_us <= $2";
    let args = [int(known.position), Arg::Int(known.at_us), int(known.whole_from)];
    Ok(db.execute(sql, &args).await? == 1)
}

/// The decisions behind number `after`, at most `limit`.
pub async fn said(db: &mut Db, after: i64, limit: i64) -> sqlx::Result<Vec<Said>> {
    let sql = "SELECT no, id, shard_first, shard_then, body FROM event WHERE no > $1 ORDER BY no LIMIT $2";
    let rows = db.query(sql, &[Arg::Int(after), Arg::Int(limit)]).await?;
    rows.iter().map(short).collect()
}

fn short(row: &Row) -> sqlx::Result<Said> {
    let stored = outgoing(row)?;
    let event = envelope::read(&stored.json).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Said {
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

/// The decisions with these numbers, in this order; the first number that is none is the error.
pub async fn decisions(db: &mut Db, numbers: &[i64]) -> sqlx::Result<Result<Vec<Outgoing>, i64>> {
    let set = Set::new().ints("no", numbers.iter().copied());
    let sql = "SELECT e.no, e.id, e.shard_first, e.shard_then, e.body FROM k CROSS JOIN event AS e WHERE e.no = k.no";
    let rows = db.select(sql, set).await?;
    let found = rows
        .iter()
        .map(|row| outgoing(row).map(|decision| (decision.no, decision)));
    let found: BTreeMap<i64, Outgoing> = found.collect::<sqlx::Result<_>>()?;
    let in_order = numbers.iter().map(|no| found.get(no).cloned().ok_or(*no));
    Ok(in_order.collect())
}
