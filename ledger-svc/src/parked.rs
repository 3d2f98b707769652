//! What the services have set aside.

use std::collections::BTreeSet;

use serde::Serialize;
use wallet_contract::envelope;
use wallet_contract::event::Fact;
use wallet_contract::id::{TransferId, TransferKey};
use wallet_runtime::db::{Arg, Db};
use wallet_runtime::reading::time;

use crate::flows::{self, Flow};

/// How many messages are looked at for their flows.
const LOOKED_AT: i64 = 1_000;

/// One message that was set aside.
#[derive(Debug, Serialize)]
pub(crate) struct Parked {
    pub(crate) service: String,
    pub(crate) shard: u16,
    pub(crate) sequence: u64,
    pub(crate) index: Option<u32>,
    pub(crate) subject: String,
    pub(crate) detail: String,
    pub(crate) time: String,
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

/// The flows that a message which was set aside belongs to, newest first; of the newest [`LOOKED_AT`] such messages of a
/// shard. Most are of none: who could not read a message does not know its flow.
pub(crate) async fn flows(dbs: &mut [Db]) -> sqlx::Result<Vec<Flow>> {
    let mut found = Vec::new();
    for db in dbs {
        let keys = keys(db).await?;
        found.extend(flows::by_keys(db, &keys.iter().collect::<Vec<_>>()).await?);
    }
    found.sort_by_key(|flow| std::cmp::Reverse(flow.started_us));
    Ok(found)
}

/// Their keys, in one shard.
pub(crate) async fn keys(db: &mut Db) -> sqlx::Result<BTreeSet<TransferKey>> {
    let sql = "SELECT transfer, account FROM record WHERE kind = 'wallet.message.parked.v1' ORDER BY at_us DESC LIMIT $1";
    let rows = db.query(sql, &[Arg::Int(LOOKED_AT)]).await?;
    rows.iter()
        .map(|row| {
            Ok(TransferKey {
                id: TransferId(row.uuid(0)?),
                payer: row.parse(1)?,
            })
        })
        .collect()
}
