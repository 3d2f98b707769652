//! The requests and events of one flow, as they stand in the log.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use wallet_contract::choreography;
use wallet_contract::envelope;
use wallet_contract::event::Fact;
use wallet_contract::id::{EventId, TransferId, derived_range};
use wallet_contract::subject::Verb;
use wallet_runtime::db::{Arg, Db, Row, Set};
use wallet_runtime::reading::time;

use super::Flow;
use crate::rows::sequence;

/// One request or event of a flow.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    id: Uuid,
    #[serde(rename = "type")]
    kind: String,
    source: String,
    shard: u16,
    sequence: i64,
    recorded_at: String,
    time: String,
    work_us: u32,
    cause: Option<EventIdText>,
    body: Box<RawValue>,
    #[serde(skip)]
    no: i64,
}

#[derive(Debug, Serialize)]
struct EventIdText(String);

impl Flow {
    /// Adds the events, in the order in which they were decided and stored.
    pub(crate) async fn with_events(mut self, db: &mut Db, shard: u16) -> sqlx::Result<Self> {
        let rows = records(db, &self).await?;
        let mut steps: Vec<Step> = rows
            .iter()
            .map(|(_, row)| step(row, shard))
            .collect::<sqlx::Result<_>>()?;
        steps.sort_by_key(|step| step.no);
        self.events = Some(steps);
        Ok(self)
    }
}

/// Adds the events to many flows of a shard.
pub(crate) async fn add_events(db: &mut Db, shard: u16, flows: &mut [Flow]) -> sqlx::Result<()> {
    let range = |flow: &Flow| derived_range(TransferId(flow.transfer));
    let set = Set::new()
        .uuids("first", flows.iter().map(|flow| range(flow).0.0))
        .uuids("last", flows.iter().map(|flow| range(flow).1.0))
        .uuids("transfer", flows.iter().map(|flow| flow.transfer))
        .texts("account", flows.iter().map(|flow| &*flow.payer));
    let sql = "SELECT r.id, r.kind, r.no, r.at_us, r.body, r.transfer, r.account FROM k CROSS JOIN record AS r \
               WHERE r.id BETWEEN k.first AND k.last AND r.transfer = k.transfer AND r.account = k.account \
               AND r.body IS NOT NULL";
    let mut steps: BTreeMap<(Uuid, String), BTreeMap<i64, Step>> = BTreeMap::new();
    for row in db.select(sql, set).await? {
        let (key, step) = ((row.uuid(5)?, row.text(6)?), step(&row, shard)?);
        steps.entry(key).or_default().insert(step.no, step);
    }
    for flow in flows {
        let steps = steps.remove(&flow.key()).unwrap_or_default();
        flow.events = Some(steps.into_values().collect());
    }
    Ok(())
}

/// What was recorded of a flow, with its place in the log, in no order.
async fn records(db: &mut Db, flow: &Flow) -> sqlx::Result<Vec<(i64, Row)>> {
    let (first, last) = derived_range(TransferId(flow.transfer));
    let sql = "SELECT id, kind, no, at_us, body FROM record \
               WHERE id BETWEEN $1 AND $2 AND transfer = $3 AND account = $4 AND body IS NOT NULL";
    let args = [
        Arg::Uuid(first.0),
        Arg::Uuid(last.0),
        Arg::Uuid(flow.transfer),
        Arg::Text(&flow.payer),
    ];
    let rows = db.query(sql, &args).await?;
    rows.into_iter().map(|row| Ok((row.int(2)?, row))).collect()
}

fn step(row: &Row, shard: u16) -> sqlx::Result<Step> {
    let (no, at_us, text) = (row.int(2)?, row.int(3)?, row.text(4)?);
    let event = envelope::read(&text).ok();
    let body = RawValue::from_string(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    let (source, decided, work_us, cause) = match event {
        Some(event) => {
            let source = format!("/{}/{}", event.source.service, event.source.shard);
            // What stands for a lost request begins a flow, as that did.
            let begins = matches!(event.fact, Fact::RequestRecalled(..));
            let cause = (!begins).then(|| EventIdText(event.cause.to_string()));
            (source, event.time.to_string(), event.work_us, cause)
        }
        None => ("/client".to_owned(), time(at_us), 0, None),
    };
    Ok(Step {
        id: EventId(row.uuid(0)?).0,
        kind: row.text(1)?,
        source,
        shard,
        sequence: sequence(no),
        recorded_at: time(at_us),
        time: decided,
        work_us,
        cause,
        body,
        no,
    })
}

/// A step of a flow, and when it was stored.
pub(crate) struct Heard {
    pub(crate) step: choreography::Step,
    pub(crate) kind: String,
    pub(crate) at_us: i64,
}

/// The steps of a flow, in the order in which they were stored; of a request, what was asked.
pub(crate) async fn steps(db: &mut Db, flow: &Flow) -> sqlx::Result<Vec<Heard>> {
    let mut rows = records(db, flow).await?;
    rows.sort_by_key(|(no, ..)| *no);
    let heard = rows.into_iter().filter_map(|(_, row)| {
        let (kind, at_us, text) = (row.text(1).ok()?, row.int(3).ok()?, row.text(4).ok()?);
        let verb = kind
            .strip_suffix(".requested.v1")
            .and_then(|kind| kind.strip_prefix("wallet."));
        let step = match Verb::ALL.into_iter().find(|each| Some(each.token()) == verb) {
            Some(verb) => choreography::Step::Asked(verb),
            None => choreography::Step::Said(envelope::read(&text).ok()?.fact),
        };
        Some(Heard { step, kind, at_us })
    });
    Ok(heard.collect())
}
