//! The table of parked messages.

use std::collections::BTreeMap;

use wallet_engine::store::{Blocked, ParkedRow};

use crate::db::Db;
use crate::error::Result;
use crate::set::{Arg, Row};

const AT: &str = "SELECT sequence, element, subject, detail, body, at_us, transfer, account, traceparent, event_id FROM parked \
                  WHERE sequence = $1 AND element = $2";
const OF_TRANSFER: &str = "SELECT sequence, element, subject, detail, body, at_us, transfer, account, traceparent, event_id \
                           FROM parked WHERE transfer = $1";
const OF_ACCOUNT: &str = "SELECT sequence, element, subject, detail, body, at_us, transfer, account, traceparent, event_id \
                          FROM parked WHERE account = $1";

fn element(index: Option<u32>) -> i64 {
    index.map_or(-1, i64::from)
}

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
pub(super) async fn together(db: &mut Db, sequence: u64, index: Option<u32>) -> Result<Vec<ParkedRow>> {
    let (sequence, element) = (i64::try_from(sequence).unwrap_or(i64::MAX), element(index));
    let first = db.query(AT, &[Arg::Int(sequence), Arg::Int(element)]).await?;
    let mut found: BTreeMap<(u64, i64), ParkedRow> = BTreeMap::new();
    let mut new: Vec<ParkedRow> = first.iter().map(parked).collect::<Result<_>>()?;
    while let Some(row) = new.pop() {
        let (transfer, account) = (row.transfer, row.account.clone());
        if found.insert(row.place(), row).is_some() {
            continue;
        }
        if let Some(transfer) = transfer {
            let rows = db.query(OF_TRANSFER, &[Arg::Uuid(transfer)]).await?;
            new.extend(rows.iter().map(parked).collect::<Result<Vec<_>>>()?);
        }
        if let Some(account) = account {
            let rows = db.query(OF_ACCOUNT, &[Arg::Text(&account)]).await?;
            new.extend(rows.iter().map(parked).collect::<Result<Vec<_>>>()?);
        }
        new.retain(|row| !found.contains_key(&row.place()));
    }
    Ok(found.into_values().collect())
}

fn parked(row: &Row) -> Result<ParkedRow> {
    Ok(ParkedRow {
        sequence: u64::try_from(row.int(0)?).unwrap_or_default(),
        index: u32::try_from(row.int(1)?).ok(),
        subject: row.text(2)?,
        detail: row.text(3)?,
        body: row.text(4)?,
        at_us: row.int(5)?,
        transfer: row.uuid_or_null(6)?,
        account: row.text_or_null(7)?,
        traceparent: row.text_or_null(8)?,
        event_id: row.text_or_null(9)?,
    })
}
