//! The unresolved parked messages of one flow.

use jiff::Timestamp;
use wallet_contract::envelope;
use wallet_contract::event::{Fact, MessageFact};
use wallet_db::{Arg, Db, Result};
use wallet_view::flow::{Flow, ParkedMessage};

use super::instant;

/// Those in one shard's books, oldest first.
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

/// The parked message that an event announces. The event was stored in a shard's log at that time.
pub(crate) fn parse(event: &str, shard: u16, since: Timestamp) -> Option<ParkedMessage> {
    let event = envelope::read(event).ok()?;
    let Fact::Message(MessageFact::MessageParked(fact)) = event.fact else {
        return None;
    };
    Some(ParkedMessage {
        service: event.source.service.name().to_owned(),
        shard,
        sequence: fact.sequence,
        index: fact.index,
        detail: fact.detail,
        since,
    })
}
