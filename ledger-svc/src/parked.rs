//! What the services have set aside.

use serde::Serialize;
use wallet_contract::envelope;
use wallet_contract::event::Fact;
use wallet_runtime::db::{Arg, Db};
use wallet_runtime::reading::time;

/// One message that was set aside.
#[derive(Debug, Serialize)]
pub(crate) struct Parked {
    service: String,
    shard: u16,
    sequence: u64,
    index: Option<u32>,
    subject: String,
    detail: String,
    time: String,
}

/// What the services have set aside on a shard, newest first.
pub(crate) async fn list(db: &mut Db, shard: u16, limit: i64) -> sqlx::Result<Vec<Parked>> {
    let sql =
        "SELECT body, at_us FROM record WHERE kind = 'wallet.message.parked.v1' ORDER BY at_us DESC LIMIT $1";
    let mut parked = Vec::new();
    for row in db.query(sql, &[Arg::Int(limit)]).await? {
        let Ok(event) = envelope::read(&row.text(0)?) else {
            continue;
        };
        let Fact::MessageParked(told) = event.fact else {
            continue;
        };
        parked.push(Parked {
            service: event.source.service.name().to_owned(),
            shard,
            sequence: told.sequence,
            index: told.index,
            subject: told.subject,
            detail: told.detail,
            time: time(row.int(1)?),
        });
    }
    Ok(parked)
}

/// How many messages were set aside on this shard.
pub(crate) async fn count(db: &mut Db) -> sqlx::Result<i64> {
    let rows = db
        .query(
            "SELECT count(*) FROM record WHERE kind = 'wallet.message.parked.v1'",
            &[],
        )
        .await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}
