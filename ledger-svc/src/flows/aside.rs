//! What the services have set aside of one flow, and nobody has seen to yet.

use wallet_contract::envelope;
use wallet_contract::event::Fact;
use wallet_runtime::db::{Arg, Db};
use wallet_view::flow::{Flow, SetAside};

use super::instant;

/// What stands in one shard's books of it, oldest first.
pub(super) async fn of(db: &mut Db, shard: u16, flow: &Flow) -> sqlx::Result<Vec<SetAside>> {
    let sql = "SELECT r.body, r.at_us FROM aside AS a CROSS JOIN record AS r WHERE a.transfer = $1 AND r.no = a.no \
               ORDER BY a.no";
    let transfer = flow.transfer.to_string();
    let mut parked = Vec::new();
    for row in db.query(sql, &[Arg::Text(&transfer)]).await? {
        let Ok(event) = envelope::read(&row.text(0)?) else {
            continue;
        };
        if let Fact::MessageParked(told) = &event.fact {
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
