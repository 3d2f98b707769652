//! All requests and events of one transfer, or of an operator's request.

use ledger_core::Causes;
use ledger_rows::requested_verb;
use wallet_contract::envelope;
use wallet_contract::event::{Fact, RequestFact};
use wallet_contract::id::{EventId, TransferKey, derived_range};
use wallet_db::{Arg, Db, Result};

/// Reads them from the record.
pub(super) async fn of(db: &mut Db, key: &TransferKey) -> Result<Causes> {
    let (first, last) = derived_range(key.id);
    let sql = "SELECT id, kind, body FROM record \
               WHERE id BETWEEN $1 AND $2 AND transfer = $3 AND account = $4 AND body IS NOT NULL";
    let args = [
        Arg::Uuid(first.0),
        Arg::Uuid(last.0),
        Arg::Uuid(key.id.0),
        Arg::Text(key.payer.as_str()),
    ];
    let mut causes = Causes::default();
    for row in db.query(sql, &args).await? {
        let id = EventId(row.uuid(0)?);
        if let Some(verb) = requested_verb(&row.text(1)?) {
            causes.requests.insert(id, verb);
        } else if let Ok(event) = envelope::read(&row.text(2)?) {
            if let Fact::Request(_, RequestFact::RequestRecalled(verb, ..)) = &event.fact {
                causes.requests.insert(id, *verb);
            }
            causes.events.insert(id, event);
        }
    }
    Ok(causes)
}
