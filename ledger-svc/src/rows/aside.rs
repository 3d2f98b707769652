//! What is set aside, as long as it is.

use ledger_core::LogNo;
use uuid::Uuid;
use wallet_contract::decider::{Heard, Input};
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::{EventId, derive};
use wallet_runtime::db::{Db, Set};

/// The types of the two events: that a message was set aside, and that somebody has seen to it. Both have one cause, the message's
/// place in the log, so the id of each is known from the other.
const PARKED: &str = "wallet.message.parked.v1";
const RESOLVED: &str = "wallet.message.resolved.v1";

/// The event that tells that somebody has seen to what this one tells.
pub(crate) fn resolved_by(parked: &Event) -> Uuid {
    sibling(parked, RESOLVED).0
}

fn sibling(event: &Event, kind: &str) -> EventId {
    derive(&event.fact.account(), event.cause.0, &[kind.as_bytes()])
}

/// Writes what a batch tells of it. After a stream has been healed, that somebody has seen to a message may be heard first.
pub(crate) async fn save(db: &mut Db, heard: &[Heard<'_>]) -> sqlx::Result<()> {
    let (mut parked, mut resolved) = (Vec::new(), Vec::new());
    for heard in heard {
        let Input::Event(event) = &heard.input else {
            continue;
        };
        if let Fact::MessageParked(told) = &event.fact {
            let transfer = told.transfer.map(|transfer| transfer.to_string());
            parked.push((LogNo::new(heard.sequence, heard.index), event, transfer));
        } else if let Fact::MessageResolved(_) = &event.fact {
            resolved.push(sibling(event, PARKED));
        }
    }
    let set = Set::new()
        .ints("no", parked.iter().map(|(no, ..)| no.0))
        .uuids("id", parked.iter().map(|(_, event, _)| event.id.0))
        .uuids("resolved", parked.iter().map(|(_, event, _)| resolved_by(event)))
        .texts_or_null(
            "transfer",
            parked.iter().map(|(.., transfer)| transfer.as_deref()),
        );
    let sql = "INSERT INTO aside (no, id, transfer) SELECT no, id, transfer FROM k \
               WHERE NOT EXISTS (SELECT 1 FROM record AS r WHERE r.id = k.resolved)";
    db.apply(sql, set).await?;
    let set = Set::new().uuids("id", resolved.iter().map(|id| id.0));
    let sql = "DELETE FROM aside WHERE id IN (SELECT id FROM k)";
    db.apply(sql, set).await.map(|_| ())
}
