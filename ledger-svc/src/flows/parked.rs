//! The unresolved parked messages: those of a flow, and which flows have any.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Fact, MessageFact};
use wallet_db::{Arg, Db, Result, Set};
use wallet_view::flow::{Flow, ParkedMessage};

use super::instant;

/// Those of one flow in one shard's books, oldest first.
pub(crate) async fn of(db: &mut Db, shard: u16, flow: &Flow) -> Result<Vec<ParkedMessage>> {
    let sql = "SELECT r.body, r.at_us FROM aside AS a CROSS JOIN record AS r WHERE a.transfer = $1 AND r.no = a.no \
               ORDER BY a.no";
    let transfer = flow.transfer.to_string();
    let mut parked = Vec::new();
    for row in db.query(sql, &[Arg::Text(&transfer)]).await? {
        parked.extend(parse(&row.text(0)?, shard, instant(row.int(1)?)?));
    }
    Ok(parked)
}

/// How many messages are parked on this shard.
pub(crate) async fn count(db: &mut Db) -> Result<i64> {
    let rows = db.query("SELECT count(*) FROM aside", &[]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// The transfers with parked messages on this shard, which need not be their home.
pub(crate) async fn transfers(db: &mut Db) -> Result<BTreeSet<Uuid>> {
    let sql = "SELECT DISTINCT transfer FROM aside WHERE transfer IS NOT NULL";
    let rows = db.query(sql, &[]).await?;
    rows.iter().map(|row| row.parse(0)).collect()
}

/// Which of these transfers have a parked message on any shard, and which one, from each shard's database in shard order.
pub(crate) async fn among(
    dbs: &mut [Db],
    transfers: &[Uuid],
) -> Result<BTreeMap<Uuid, Option<ParkedMessage>>> {
    let transfers: Vec<String> = transfers.iter().map(Uuid::to_string).collect();
    let mut found = BTreeMap::new();
    for (shard, db) in (0..).zip(dbs) {
        let set = Set::new().texts("transfer", transfers.iter().map(String::as_str));
        let sql = "SELECT a.transfer, r.body, r.at_us FROM k CROSS JOIN aside AS a CROSS JOIN record AS r \
                   WHERE a.transfer = k.transfer AND r.no = a.no";
        for row in db.select(sql, set).await? {
            let message = parse(&row.text(1)?, shard, instant(row.int(2)?)?);
            let first: &mut Option<ParkedMessage> = found.entry(row.parse(0)?).or_default();
            let since = |message: &Option<ParkedMessage>| {
                message.as_ref().map_or(Timestamp::MAX, |message| message.since)
            };
            if since(&message) < since(first) {
                *first = message;
            }
        }
    }
    Ok(found)
}

/// The parked message that an event announces. The event was stored in a shard's log at that time.
pub(crate) fn parse(event: &str, shard: u16, since: Timestamp) -> Option<ParkedMessage> {
    let event = envelope::read(event).ok()?;
    let Fact::Message(MessageFact::MessageParked(fact)) = event.fact else {
        return None;
    };
    Some(ParkedMessage {
        service: event.source.service.name().to_owned(),
        shard,
        sequence: fact.place.sequence,
        index: fact.place.element,
        detail: fact.detail,
        since,
    })
}
