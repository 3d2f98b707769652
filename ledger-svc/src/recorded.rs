//! The ledger's record of a shard's log, in log order: for healing, when the log has lost messages.

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use wallet_contract::log::LogPlace;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_db::{Arg, Db, Error, Result, Row};

/// One request or event, at its place.
#[derive(Debug, Serialize)]
pub(crate) struct Recorded {
    sequence: u64,
    index: u32,
    id: Uuid,
    /// For a request: the request as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RecordedRequest>,
    #[serde(skip)]
    no: i64,
}

/// A request as its client sent it.
#[derive(Debug, Serialize)]
struct RecordedRequest {
    verb: &'static str,
    account: String,
    transfer: Uuid,
    trace: Option<String>,
    body: Box<RawValue>,
}

/// The records after `after`, at most `limit`, and where to continue if there are more.
pub(crate) async fn behind(db: &mut Db, after: i64, limit: i64) -> Result<(Vec<Recorded>, Option<i64>)> {
    // Events are in the stores of the services that decided them.
    let sql = "SELECT r.no, r.id, r.kind, r.account, r.transfer, f.trace, \
               CASE WHEN r.kind LIKE 'wallet.%.requested.v1' THEN r.body END \
               FROM record AS r LEFT JOIN flow AS f \
               ON f.transfer = r.transfer AND f.account = r.account AND f.request = r.id \
               WHERE r.no > $1 ORDER BY r.no LIMIT $2";
    let args = [Arg::Int(after), Arg::Int(limit.saturating_add(1))];
    let mut rows = db.query(sql, &args).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let recorded: Vec<Recorded> = rows.iter().map(recorded).collect::<Result<_>>()?;
    let next = recorded.last().filter(|_| is_more).map(|last| last.no);
    Ok((recorded, next))
}

fn recorded(row: &Row) -> Result<Recorded> {
    let (no, kind) = (row.int(0)?, row.text(2)?);
    let request = match row.text_or_null(6)? {
        Some(body) => Some(RecordedRequest {
            verb: Verb::parse_requested(&kind).map_or("", Verb::token),
            account: row.text(3)?,
            transfer: row.uuid(4)?,
            trace: row
                .uuid_or_null(5)?
                .map(|trace| TraceId::from_uuid(trace).to_string()),
            body: RawValue::from_string(body).map_err(Error::unreadable)?,
        }),
        None => None,
    };
    let place = LogPlace::of_number(no);
    Ok(Recorded {
        sequence: place.sequence,
        index: place.element.unwrap_or(0),
        id: row.uuid(1)?,
        request,
        no,
    })
}
