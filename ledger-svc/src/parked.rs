//! What the services have set aside.

use serde::Serialize;
use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::{AccountId, derive};
use wallet_runtime::db::{Arg, Db};
use wallet_runtime::reading::time;
use wallet_view::flow::{Flow, SetAside};

use crate::flows::instant;

/// The type of what tells that somebody has seen to a message.
const RESOLVED: &str = "wallet.message.resolved.v1";

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

/// How many messages that were set aside since a flow began are looked at.
const LOOKED_AT: i64 = 200;

/// What the services have set aside of a flow, and nobody has seen to yet.
pub(crate) async fn of_flow(db: &mut Db, shard: u16, flow: &Flow) -> sqlx::Result<Vec<SetAside>> {
    let sql = "SELECT body, at_us FROM record WHERE kind = 'wallet.message.parked.v1' AND at_us >= $1 ORDER BY at_us LIMIT $2";
    let since = flow.started_at.as_microsecond();
    let mut parked = Vec::new();
    for row in db.query(sql, &[Arg::Int(since), Arg::Int(LOOKED_AT)]).await? {
        let Ok(event) = envelope::read(&row.text(0)?) else {
            continue;
        };
        let Fact::MessageParked(told) = &event.fact else {
            continue;
        };
        if told.transfer.is_some_and(|transfer| transfer.0 == flow.transfer)
            && !is_resolved(db, &event).await?
        {
            parked.push(SetAside {
                service: event.source.service.name().to_owned(),
                shard,
                sequence: told.sequence,
                index: told.index,
                detail: told.detail.clone(),
                since: instant(row.int(1)?)?,
            });
        }
    }
    Ok(parked)
}

/// Whether somebody has seen to it. The event that says so has the same cause, so its id is known.
async fn is_resolved(db: &mut Db, parked: &Event) -> sqlx::Result<bool> {
    let id = derive(&AccountId::world(), parked.cause.0, &[RESOLVED.as_bytes()]);
    let rows = db
        .query("SELECT no FROM record WHERE id = $1", &[Arg::Uuid(id.0)])
        .await?;
    Ok(!rows.is_empty())
}
