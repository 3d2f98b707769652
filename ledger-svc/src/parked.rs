//! What the services have set aside, and what became of it.
//!
//! Both are events: `message.parked`, and `message.resolved` once somebody has seen to it. They have one cause, the place in
//! the log, so the second's id is known from the first, and looked up.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact, Parked as Told, Resolution, Resolved};
use wallet_contract::id::{TransferId, derive};
use wallet_runtime::db::{Arg, Db, Set};
use wallet_runtime::reading::time;

use crate::flows::{self, Flow};

/// How many are looked at in one statement.
const AT_ONCE: i64 = 500;
/// How many that somebody has seen to are passed over to find those that nobody has.
const LOOKED_AT: i64 = 20_000;

/// Of how many the flows are shown as parked.
const SHOWN: i64 = 1_000;

/// One message that was set aside, or an element of one.
#[derive(Debug, Serialize)]
pub(crate) struct Parked {
    /// What it is called by an operator: `<service>/<shard>/<sequence>[/<index>]`.
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) shard: u16,
    pub(crate) sequence: u64,
    pub(crate) index: Option<u32>,
    pub(crate) subject: String,
    pub(crate) detail: String,
    pub(crate) time: String,
    /// The transfer that it is of: what is heard of that waits behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transfer: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<SeenTo>,
}

/// What became of it.
#[derive(Debug, Serialize)]
struct SeenTo {
    outcome: &'static str,
    /// Why it was discarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The sequence of the message that stands for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<u64>,
    /// The sequence of the operator's instruction.
    instruction: u64,
    time: String,
}

/// What the services have set aside on a shard, newest first; with `all`, also what somebody has seen to.
pub(crate) async fn list(db: &mut Db, shard: u16, all: bool, limit: i64) -> sqlx::Result<Vec<Parked>> {
    let sql = "SELECT at_us, no, body FROM record WHERE kind = 'wallet.message.parked.v1' AND (at_us, no) < ($1, $2) \
               ORDER BY at_us DESC, no DESC LIMIT $3";
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut found, mut before, mut looked_at) = (Vec::new(), (i64::MAX, 0), 0);
    while found.len() < limit && looked_at < LOOKED_AT {
        let args = [before.0, before.1, AT_ONCE].map(Arg::Int);
        let rows = db.query(sql, &args).await?;
        let Some(last) = rows.last() else { break };
        before = (last.int(0)?, last.int(1)?);
        looked_at += AT_ONCE;
        let told: Vec<String> = rows.iter().map(|row| row.text(2)).collect::<sqlx::Result<_>>()?;
        let events = told.iter().filter_map(|body| envelope::read(body).ok());
        let events: Vec<(Event, Told)> = events
            .filter_map(|event| Some((event.clone(), parked(event)?)))
            .collect();
        let mut resolved = resolved(db, &events).await?;
        for (event, told) in events {
            let resolved = resolved.remove(&resolved_by(&event));
            if all || resolved.is_none() {
                found.push(shown(shard, &event, told, resolved));
            }
        }
    }
    found.truncate(limit);
    Ok(found)
}

fn parked(event: Event) -> Option<Told> {
    if let Fact::MessageParked(told) = event.fact {
        Some(told)
    } else {
        None
    }
}

/// The id of the event that tells that somebody has seen to it.
fn resolved_by(parked: &Event) -> Uuid {
    let kind = "wallet.message.resolved.v1";
    derive(&parked.fact.account(), parked.cause.0, &[kind.as_bytes()]).0
}

async fn resolved(db: &mut Db, events: &[(Event, Told)]) -> sqlx::Result<BTreeMap<Uuid, SeenTo>> {
    let ids: Vec<Uuid> = events.iter().map(|(event, _)| resolved_by(event)).collect();
    let sql = "SELECT r.id, r.body FROM k CROSS JOIN record AS r WHERE r.id = k.id";
    let rows = db
        .select(sql, Set::new().uuids("id", ids.iter().copied()))
        .await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        if let Ok(event) = envelope::read(&row.text(1)?)
            && let Fact::MessageResolved(resolved) = event.fact
        {
            found.insert(row.uuid(0)?, seen_to(resolved, event.time.to_string()));
        }
    }
    Ok(found)
}

fn seen_to(resolved: Resolved, time: String) -> SeenTo {
    let outcome = resolved.how.word();
    let (reason, replacement) = match resolved.how {
        Resolution::Retried => (None, None),
        Resolution::Replaced(by) => (None, Some(by)),
        Resolution::Discarded(reason) => (Some(reason), None),
    };
    SeenTo {
        outcome,
        reason,
        replacement,
        instruction: resolved.instruction,
        time,
    }
}

fn shown(shard: u16, event: &Event, told: Told, resolved: Option<SeenTo>) -> Parked {
    let index = told.index.map_or(String::new(), |index| format!("/{index}"));
    Parked {
        id: format!(
            "{}/{shard}/{}{index}",
            event.source.service.token(),
            told.sequence
        ),
        service: event.source.service.name().to_owned(),
        shard,
        sequence: told.sequence,
        index: told.index,
        subject: told.subject,
        detail: told.detail,
        time: time(event.time.as_microsecond()),
        transfer: told.transfer.map(|transfer| transfer.0),
        resolved,
    }
}

/// How many messages are set aside on this shard.
pub(crate) async fn count(db: &mut Db) -> sqlx::Result<i64> {
    let parked = "SELECT count(*) FROM record WHERE kind = 'wallet.message.parked.v1'";
    let resolved = "SELECT count(*) FROM record WHERE kind = 'wallet.message.resolved.v1'";
    let mut counts = [0; 2];
    for (count, sql) in counts.iter_mut().zip([parked, resolved]) {
        let rows = db.query(sql, &[]).await?;
        *count = rows.first().map_or(Ok(0), |row| row.int(0))?;
    }
    Ok(counts[0] - counts[1])
}

/// The transfers of which something is set aside on any shard: where that is need not be the flow's home.
///
/// From each shard's database, in the order of the shards.
pub(crate) async fn transfers(dbs: &mut [Db]) -> sqlx::Result<BTreeSet<Uuid>> {
    let mut found = BTreeSet::new();
    for (shard, db) in (0..).zip(dbs) {
        let set_aside = list(db, shard, false, SHOWN).await?;
        found.extend(set_aside.iter().filter_map(|parked| parked.transfer));
    }
    Ok(found)
}

/// Their flows, newest first.
pub(crate) async fn flows(dbs: &mut [Db]) -> sqlx::Result<Vec<Flow>> {
    let mut found = Vec::new();
    for transfer in transfers(dbs).await? {
        for db in &mut *dbs {
            found.extend(flows::by_transfer(db, TransferId(transfer)).await?);
        }
    }
    found.sort_by_key(|flow| std::cmp::Reverse(flow.started_us));
    Ok(found)
}
