//! The requests and events of one flow, as they are in the log.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Fact, RequestFact};
use wallet_contract::id::{EventId, TransferId, derived_range};
use wallet_contract::log::LogPlace;
use wallet_db::{Arg, Db, Error, Result, Row, Set};
use wallet_view::flow::Event;

use super::{Flow, instant};

impl Flow {
    /// Adds the events, in the order in which they were decided and stored.
    pub(crate) async fn with_events(mut self, db: &mut Db, shard: u16) -> Result<Self> {
        self.json.events = events(db, &self, shard).await?;
        Ok(self)
    }
}

/// Adds the events to many flows of a shard.
pub(crate) async fn add_events(db: &mut Db, shard: u16, flows: &mut [Flow]) -> Result<()> {
    let range = |flow: &Flow| derived_range(TransferId(flow.transfer()));
    let set = Set::new()
        .uuids("first", flows.iter().map(|flow| range(flow).0.0))
        .uuids("last", flows.iter().map(|flow| range(flow).1.0))
        .uuids("transfer", flows.iter().map(Flow::transfer))
        .texts("account", flows.iter().map(Flow::payer));
    let sql = "SELECT r.id, r.kind, r.no, r.at_us, r.body, r.transfer, r.account FROM k CROSS JOIN record AS r \
               WHERE r.id BETWEEN k.first AND k.last AND r.transfer = k.transfer AND r.account = k.account \
               AND r.body IS NOT NULL";
    let mut events: BTreeMap<(Uuid, String), BTreeMap<i64, Event>> = BTreeMap::new();
    for row in db.select(sql, set).await? {
        let key = (row.uuid(5)?, row.text(6)?);
        events
            .entry(key)
            .or_default()
            .insert(row.int(2)?, event(&row, shard)?);
    }
    for flow in flows {
        // Requests of two kinds can share one id; their flows then show the same events.
        let steps = events.get(&flow.key()).into_iter().flat_map(BTreeMap::values);
        flow.json.events = steps.cloned().collect();
    }
    Ok(())
}

/// The record of a flow, in log order.
pub(crate) async fn events(db: &mut Db, flow: &Flow, shard: u16) -> Result<Vec<Event>> {
    let (first, last) = derived_range(TransferId(flow.transfer()));
    let sql = "SELECT id, kind, no, at_us, body FROM record \
               WHERE id BETWEEN $1 AND $2 AND transfer = $3 AND account = $4 AND body IS NOT NULL";
    let args = [
        Arg::Uuid(first.0),
        Arg::Uuid(last.0),
        Arg::Uuid(flow.transfer()),
        Arg::Text(flow.payer()),
    ];
    let rows = db.query(sql, &args).await?;
    let events = rows.iter().map(|row| Ok((row.int(2)?, event(row, shard)?)));
    let mut events: Vec<(i64, Event)> = events.collect::<Result<_>>()?;
    events.sort_by_key(|(no, _)| *no);
    Ok(events.into_iter().map(|(_, event)| event).collect())
}

fn event(row: &Row, shard: u16) -> Result<Event> {
    let (no, recorded_at, text) = (row.int(2)?, instant(row.int(3)?)?, row.text(4)?);
    let event = envelope::read(&text).ok();
    let body = RawValue::from_string(text).map_err(Error::unreadable)?;
    let (source, time, work_us, cause) = match event {
        Some(event) => {
            let source = format!("/{}/{}", event.source.service, event.source.shard);
            // An event that stands for a lost request begins a flow, as the request did.
            let begins = matches!(event.fact, Fact::Request(_, RequestFact::RequestRecalled(..)));
            (
                source,
                event.time,
                event.work_us,
                (!begins).then_some(event.cause.0),
            )
        }
        None => ("/client".to_owned(), recorded_at, 0, None),
    };
    Ok(Event {
        id: EventId(row.uuid(0)?).0,
        kind: row.text(1)?,
        source,
        shard,
        sequence: LogPlace::of_number(no).sequence,
        recorded_at,
        time,
        work_us: i64::from(work_us),
        cause,
        body,
    })
}
