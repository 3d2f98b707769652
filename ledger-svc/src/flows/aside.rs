//! What the services have set aside of one flow, and nobody has seen to yet.

use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::{AccountId, derive};
use wallet_runtime::db::{Arg, Db};
use wallet_view::flow::{Flow, SetAside};

use super::instant;

/// The type of what tells that somebody has seen to a message.
const RESOLVED: &str = "wallet.message.resolved.v1";
/// How many messages that were set aside since a flow began are looked at.
const LOOKED_AT: i64 = 200;

/// What stands in one shard's books of it.
pub(super) async fn of(db: &mut Db, shard: u16, flow: &Flow) -> sqlx::Result<Vec<SetAside>> {
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
