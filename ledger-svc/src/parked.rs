//! The messages that services have parked, and how each was resolved.
//!
//! Both are events: `message.parked`, and `message.resolved` once an operator has dealt with it. The table `aside` has those of the
//! first kind that the second has not followed: see [`resolved_by`].

use std::collections::BTreeMap;

use ledger_core::resolved_by;
use serde::Serialize;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact, MessageFact, Parked as ParkedFact, Resolution, Resolved};
use wallet_contract::log::LogPlace;
use wallet_db::{Arg, Db, Result, Row, Set};
use wallet_engine::clock::rfc3339;
use wallet_view::text::exact;

use crate::listing::places::{ListPlace, Places};
use crate::listing::sources::{self, Entry, Order, Source, merged, one_more};

/// One page of parked messages.
pub(crate) type Page = sources::Page<Parked>;

/// A parked message, or an element of one.
#[derive(Debug, Serialize)]
pub(crate) struct Parked {
    /// Its id for operators: `<service>/<shard>/<sequence>[/<index>]`.
    pub(crate) id: String,
    pub(crate) service: String,
    pub(crate) shard: u16,
    pub(crate) sequence: u64,
    pub(crate) index: Option<u32>,
    pub(crate) subject: String,
    pub(crate) detail: String,
    pub(crate) time: String,
    /// The transfer that it belongs to. Later messages of that transfer wait for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transfer: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved: Option<SeenTo>,
}

/// How it was resolved.
#[derive(Debug, Serialize)]
struct SeenTo {
    outcome: &'static str,
    /// Why it was discarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The sequence of the message that replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    replacement: Option<u64>,
    /// The sequence of the operator's instruction.
    instruction: u64,
    time: String,
}

#[cfg(test)]
impl Parked {
    /// A message that debit-svc could not read.
    pub(crate) fn sample(sequence: u64) -> Self {
        Self {
            id: format!("debit/0/{sequence}"),
            service: "debit-svc".to_owned(),
            shard: 0,
            sequence,
            index: None,
            subject: "wallet.0.cmd.transfer.alice".to_owned(),
            detail: "it is not JSON".to_owned(),
            time: "2026-01-31T12:00:00.000000Z".to_owned(),
            transfer: None,
            resolved: None,
        }
    }
}

/// A page of parked messages, newest first; with `all`, also the resolved ones. From each shard's database, in shard order.
pub(crate) async fn page(dbs: &mut [Db], mut places: Places, all: bool, limit: i64) -> Result<Page> {
    let mut sources = Vec::new();
    for (shard, db) in dbs.iter_mut().enumerate() {
        let records = records(db, all, places.shards[shard], one_more(limit)).await?;
        sources.push(source(db, shard, &records, one_more(limit)).await?);
    }
    Ok(merged(&mut sources, &mut places, Order::NewestFirst, limit))
}

/// Their `message.parked` events.
async fn records(db: &mut Db, all: bool, before: i64, limit: i64) -> Result<Vec<Row>> {
    // The kind is spelled out so that the partial index `record_parked` applies.
    let sql = if all {
        "SELECT no, at_us, body FROM record WHERE kind = 'wallet.message.parked.v1' AND no < $1 \
         ORDER BY at_us DESC, no DESC LIMIT $2"
    } else {
        "SELECT r.no, r.at_us, r.body FROM aside AS a CROSS JOIN record AS r WHERE r.no = a.no AND a.no < $1 \
         ORDER BY a.no DESC LIMIT $2"
    };
    db.query(sql, &[Arg::Int(before), Arg::Int(limit)]).await
}

async fn source(db: &mut Db, shard: usize, records: &[Row], limit: i64) -> Result<Source<Parked>> {
    let mut events = Vec::new();
    let mut last = None;
    for row in records {
        let (at_us, place) = (row.int(1)?, ListPlace::Shard(shard, row.int(0)?));
        last = Some((at_us, place));
        if let Some((event, fact)) = envelope::read(&row.text(2)?).ok().and_then(parked) {
            events.push((at_us, place, event, fact));
        }
    }
    let mut resolved = resolved(db, events.iter().map(|(.., event, _)| event)).await?;
    let number = u16::try_from(shard).unwrap_or(u16::MAX);
    let entries = events.into_iter().map(|(at_us, place, event, fact)| {
        let resolved = resolved.remove(&resolved_by(&event).0);
        Entry {
            at_us,
            place,
            item: shown(number, &event, fact, resolved),
        }
    });
    let is_cut = i64::try_from(records.len()).is_ok_and(|read| read == limit);
    Ok(Source::new(entries.collect::<Vec<_>>(), last.filter(|_| is_cut)))
}

fn parked(event: Event) -> Option<(Event, ParkedFact)> {
    if let Fact::Message(MessageFact::MessageParked(fact)) = &event.fact {
        let fact = fact.clone();
        Some((event, fact))
    } else {
        None
    }
}

async fn resolved(db: &mut Db, events: impl Iterator<Item = &Event>) -> Result<BTreeMap<Uuid, SeenTo>> {
    let sql = "SELECT r.id, r.body FROM k CROSS JOIN record AS r WHERE r.id = k.id";
    let rows = db
        .select(
            sql,
            Set::new().uuids("id", events.map(|event| resolved_by(event).0)),
        )
        .await?;
    let mut found = BTreeMap::new();
    for row in &rows {
        if let Ok(event) = envelope::read(&row.text(1)?)
            && let Fact::Message(MessageFact::MessageResolved(resolved)) = event.fact
        {
            found.insert(row.uuid(0)?, seen_to(resolved, exact(event.time)));
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

fn shown(shard: u16, event: &Event, fact: ParkedFact, resolved: Option<SeenTo>) -> Parked {
    let LogPlace { sequence, element } = fact.place;
    let index = element.map_or(String::new(), |index| format!("/{index}"));
    Parked {
        id: format!("{}/{shard}/{sequence}{index}", event.source.service.token()),
        service: event.source.service.name().to_owned(),
        shard,
        sequence,
        index: element,
        subject: fact.subject,
        detail: fact.detail,
        time: rfc3339(event.time.as_microsecond()),
        transfer: fact.transfer.map(|transfer| transfer.0),
        resolved,
    }
}
