//! The flows that ended in the next records, with all their requests and events.

use std::collections::BTreeMap;

use uuid::Uuid;
use wallet_contract::event::Kind;
use wallet_db::{Arg, Db, Error, Result};
use wallet_view::flow::Flow;

use crate::flows;
use crate::flows::ended::ENDS;

/// Some records, and the flows that ended in them.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// The last record, if there is one.
    pub(super) end: Option<i64>,
    /// When the first record was stored, in microseconds.
    pub(super) oldest_us: Option<i64>,
    /// Whether there may be more records after it.
    pub(super) full: bool,
    /// The flows, in the order in which they ended.
    pub(super) flows: Vec<Flow>,
}

impl Window {
    /// At most `limit` records after number `cursor`.
    pub(super) async fn behind(db: &mut Db, shard: u16, cursor: i64, limit: i64) -> Result<Self> {
        let sql = "SELECT no, at_us, kind, transfer, account FROM record WHERE no > $1 ORDER BY no LIMIT $2";
        let rows = db.query(sql, &[Arg::Int(cursor), Arg::Int(limit)]).await?;
        // The place at which each was first met.
        let mut ended: BTreeMap<(Uuid, String), i64> = BTreeMap::new();
        for row in &rows {
            if Kind::parse(&row.text(2)?).is_some_and(|kind| ENDS.contains(&kind)) {
                ended.entry((row.uuid(3)?, row.text(4)?)).or_insert(row.int(0)?);
            }
        }
        let keys: Vec<(Uuid, String)> = ended.keys().cloned().collect();
        let mut found = flows::ended(db, &keys).await?;
        found.sort_by_key(|flow| ended.get(&flow.key()).copied());
        // An id may name both a transfer and an operator's request, whose records are adjacent.
        found.dedup_by_key(|flow| flow.key());
        flows::steps::add_events(db, shard, &mut found).await?;
        Ok(Self {
            end: rows.last().map(|row| row.int(0)).transpose()?,
            oldest_us: rows.first().map(|row| row.int(1)).transpose()?,
            full: i64::try_from(rows.len()).is_ok_and(|read| read == limit),
            flows: found.iter().map(shown).collect::<Result<_>>()?,
        })
    }
}

/// A flow as shown to HTTP callers.
fn shown(flow: &flows::Flow) -> Result<Flow> {
    let text = serde_json::to_string(flow).map_err(Error::unreadable)?;
    serde_json::from_str(&text).map_err(Error::unreadable)
}
