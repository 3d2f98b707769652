//! The flows that ended within a time span. There is no index for this: the events that ended them are in the log, in time order.

use jiff::Timestamp;
use ledger_core::{FlowKey, Outcome};
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Event, Kind};
use wallet_db::{Arg, Db, Result, Row};

use super::list::{Filter, LOOKED_AT};
use super::timeline::RECORDS;
use super::{Flow, by_flow_keys};

/// How many records are read at a time.
const AT_ONCE: i64 = 500;
/// A flow ended when its service's clock said so, and the log's time follows immediately. If a clock is wrong, or NATS was down, the
/// end counts as at most this far from the log's time, one minute, so that the span can be found in the log.
const OFF_US: i64 = 60_000_000;

/// The events that end a flow, or may come after its end.
pub(crate) const ENDS: [Kind; 8] = [
    Kind::TransferSettled,
    Kind::TransferFailed,
    Kind::RequestRefused,
    Kind::AccountOpened,
    Kind::AccountFrozen,
    Kind::AccountUnfrozen,
    Kind::AccountClosed,
    Kind::ClosureRefused,
];
/// The records before a place, newest first, with the bodies of those that are one of [`ENDS`].
const READ: &str = "SELECT no, at_us, CASE WHEN kind IN ($3, $4, $5, $6, $7, $8, $9, $10) THEN body END \
                    FROM record WHERE no < $1 ORDER BY no DESC LIMIT $2";

/// The first and the last time, in microseconds, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
}

/// A flow, and the place of its end in the log.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) no: i64,
    pub(crate) at_us: i64,
    pub(crate) flow: Flow,
}

/// What was found before a place.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) ends: Vec<Ended>,
    /// The time and place at which the search stopped, if there may be more.
    pub(crate) left_off: Option<(i64, i64)>,
}

/// Flows of the shard that ended within a span, newest end first: at most `limit`, and at most [`LOOKED_AT`] records back.
pub(crate) async fn newest(
    db: &mut Db,
    filter: &Filter,
    span: Span,
    before: i64,
    limit: i64,
) -> Result<Found> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let earliest_us = span.from_us.saturating_sub(OFF_US);
    let mut before = RECORDS
        .behind(db, span.to_us.saturating_add(OFF_US), before)
        .await?;
    let mut found = Found::default();
    let mut looked_at = 0;
    while looked_at < LOOKED_AT {
        let args = [before, AT_ONCE].map(Arg::Int).into_iter();
        let args: Vec<Arg<'_>> = args.chain(ENDS.map(|kind| Arg::Text(kind.name()))).collect();
        let rows = db.query(READ, &args).await?;
        let ends: Vec<End> = rows
            .iter()
            .filter_map(|row| End::read(row).transpose())
            .collect::<Result<_>>()?;
        for ended in flows(db, &ends).await? {
            if span.holds(&ended) && filter.takes(&ended.flow, ended.flow.started_us) {
                found.left_off = Some((ended.at_us, ended.no));
                found.ends.push(ended);
                if found.ends.len() == limit {
                    return Ok(found);
                }
            }
        }
        found.left_off = None;
        let is_cut = i64::try_from(rows.len()).is_ok_and(|read| read == AT_ONCE);
        let Some(last) = rows.last().filter(|_| is_cut) else {
            break;
        };
        if last.int(1)? < earliest_us {
            break;
        }
        (before, looked_at) = (last.int(0)?, looked_at + AT_ONCE);
        found.left_off = Some((last.int(1)?, before));
    }
    Ok(found)
}

/// An event that may have ended a flow.
struct End {
    no: i64,
    at_us: i64,
    event: Event,
    key: FlowKey,
    status: ledger_core::Status,
}

impl End {
    fn read(row: &Row) -> Result<Option<Self>> {
        let Some(body) = row.text_or_null(2)? else {
            return Ok(None);
        };
        let outcome = envelope::read(&body).ok().and_then(|event| Outcome::of(&event));
        let Some(outcome) = outcome.filter(Outcome::is_end) else {
            return Ok(None);
        };
        Ok(Some(Self {
            no: row.int(0)?,
            at_us: row.int(1)?,
            key: outcome.flow(),
            status: outcome.status,
            event: outcome.event,
        }))
    }

    /// Whether this event ended the flow. It did not if the flow had ended before: a later request under its id may be refused.
    fn ended(&self, flow: &Flow) -> bool {
        let refusal = self.event.fact.refusal();
        let json = &flow.json;
        flow.is(&self.key)
            && json.status == self.status
            && json.reason.as_deref() == refusal.map(|refusal| refusal.reason.code())
            && json.ended_at.map(Timestamp::as_microsecond) == Some(self.event.time.as_microsecond())
    }
}

async fn flows(db: &mut Db, ends: &[End]) -> Result<Vec<Ended>> {
    let keys: Vec<FlowKey> = ends.iter().map(|end| end.key.clone()).collect();
    let flows = by_flow_keys(db, &keys).await?;
    let ended = ends.iter().filter_map(|end| {
        let flow = flows.iter().find(|flow| end.ended(flow))?;
        Some(Ended {
            no: end.no,
            at_us: end.at_us,
            flow: flow.clone(),
        })
    });
    Ok(ended.collect())
}

impl Span {
    fn holds(self, ended: &Ended) -> bool {
        let (at_us, ended_at) = (ended.at_us, ended.flow.json.ended_at);
        let ended_us = ended_at.map_or(at_us, Timestamp::as_microsecond);
        let ended_us = ended_us.clamp(at_us.saturating_sub(OFF_US), at_us.saturating_add(OFF_US));
        (self.from_us..=self.to_us).contains(&ended_us)
    }
}

/// The ledger's last decision. Once it is in the log and was heard, all earlier ends are found here.
pub(crate) async fn last_decided(db: &mut Db) -> Result<Option<Uuid>> {
    let rows = db
        .query("SELECT id FROM event ORDER BY no DESC LIMIT 1", &[])
        .await?;
    rows.first().map(|row| row.uuid(0)).transpose()
}

/// Whether an event has been heard.
pub(crate) async fn is_heard(db: &mut Db, id: Uuid) -> Result<bool> {
    let rows = db
        .query("SELECT no FROM record WHERE id = $1", &[Arg::Uuid(id)])
        .await?;
    Ok(!rows.is_empty())
}
