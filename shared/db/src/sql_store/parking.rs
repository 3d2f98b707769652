//! The table of parked messages.

use std::collections::BTreeMap;

use wallet_contract::log::LogPlace;
use wallet_engine::store::{Blocked, ParkedRow};

use super::tables::{Parked, WHOLE};
use crate::db::Db;
use crate::error::Result;
use crate::set::Arg;

pub(super) async fn blocked(db: &mut Db) -> Result<Blocked> {
    let mut blocked = Blocked::default();
    let transfers = "SELECT DISTINCT transfer FROM parked WHERE transfer IS NOT NULL";
    for row in db.query(transfers, &[]).await? {
        blocked.transfers.insert(row.uuid(0)?);
    }
    let accounts = "SELECT DISTINCT account FROM parked WHERE account IS NOT NULL";
    for row in db.query(accounts, &[]).await? {
        blocked.accounts.insert(row.text(0)?);
    }
    Ok(blocked)
}

/// The parked row at this position, all rows with the same transfer or account, all rows connected with those, and so on.
pub(super) async fn together(db: &mut Db, place: LogPlace) -> Result<Vec<ParkedRow>> {
    let sequence = i64::try_from(place.sequence).unwrap_or(i64::MAX);
    let element = place.element.map_or(WHOLE, i64::from);
    let at = [Arg::Int(sequence), Arg::Int(element)];
    let mut new = db.table::<Parked>("sequence = $1 AND element = $2", &at).await?;
    let mut found: BTreeMap<LogPlace, ParkedRow> = BTreeMap::new();
    while let Some((place, row)) = new.pop() {
        let (transfer, account) = (row.transfer, row.account.clone());
        if found.insert(place, row).is_some() {
            continue;
        }
        if let Some(transfer) = transfer {
            new.extend(
                db.table::<Parked>("transfer = $1", &[Arg::Uuid(transfer)])
                    .await?,
            );
        }
        if let Some(account) = account {
            new.extend(db.table::<Parked>("account = $1", &[Arg::Text(&account)]).await?);
        }
        new.retain(|(place, _)| !found.contains_key(place));
    }
    Ok(found.into_values().collect())
}
