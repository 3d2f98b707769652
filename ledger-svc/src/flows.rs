//! Queries on flows.
//!
//! | part | answers |
//! |---|---|
//! | here | single flows, by transfer, trace or key |
//! | [`list`] | many flows, by status or reason; the number of flows by status |
//! | [`timeline`] | the place in the log of a time |
//! | [`steps`] | the requests and events of a flow |
//! | [`ended`] | the flows that ended within a time span |
//! | [`booked`] | which flows have moved an account's money |
//! | [`bookings`] | the bookings of a flow's events |
//! | [`parked`] | the parked messages of a flow |
//! | [`usual`] | how long a reaction usually takes |

pub(crate) mod booked;
pub(crate) mod bookings;
pub(crate) mod ended;
pub(crate) mod list;
pub(crate) mod parked;
pub(crate) mod steps;
mod timeline;
pub(crate) mod usual;

use std::collections::BTreeSet;

use jiff::Timestamp;
use ledger_core::{FlowKey, Status};
use serde::Serialize;
use uuid::Uuid;
use wallet_contract::id::{AccountId, TransferId, TransferKey, derived_range};
use wallet_contract::money::Currency;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_db::{Arg, Db, Error, Result, Row, Set};
use wallet_view::flow::{Flow as FlowJson, Reversal};

use self::list::Found;

/// A flow as shown, with the columns that identify it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Flow {
    /// The part that is shown: its head, and more if requested.
    #[serde(flatten)]
    pub(crate) json: FlowJson,
    /// The kind of flow. With the id and the account it is the flow's key.
    #[serde(skip)]
    kind: String,
    #[serde(skip)]
    pub(crate) started_us: i64,
    #[serde(skip)]
    pub(crate) no: i64,
    /// When the log stored the promise of a reservation.
    #[serde(skip)]
    promised_us: Option<i64>,
}

const HEAD: &str = "SELECT transfer, account, payee, amount, currency, memo, status, verb, reason, detail, trace, \
                    started_us, ended_us, no, form, captured, reverses, promised_us, held_us FROM flow";
/// The same columns for the flows `f` that belong to a row `k` of a set.
macro_rules! of_set {
    ($by:literal) => {
        concat!(
            "SELECT f.transfer, f.account, f.payee, f.amount, f.currency, f.memo, f.status, f.verb, f.reason, f.detail, \
             f.trace, f.started_us, f.ended_us, f.no, f.form, f.captured, f.reverses, f.promised_us, f.held_us FROM k CROSS JOIN flow AS f WHERE ",
            $by
        )
    };
}

fn head(row: &Row) -> Result<Flow> {
    let code = row.text_or_null(4)?;
    let currency = code.as_ref().map(|_| row.parse::<Currency>(4)).transpose()?;
    let minor = |minor: Option<i64>| Some(currency?.format_minor(minor?));
    let (kind, started_us) = (row.text(7)?, row.int(11)?);
    let (status, form) = (status(&row.text(6)?)?, row.text_or_null(14)?);
    let captured = captured(status, form.as_deref(), row.int_or_null(3)?, row.int_or_null(15)?);
    let json = FlowJson {
        transfer: row.uuid(0)?,
        payer: row.text(1)?,
        payee: row.text_or_null(2)?,
        amount: minor(row.int_or_null(3)?),
        captured: minor(captured),
        released: minor(
            row.int_or_null(3)?
                .zip(captured)
                .map(|(amount, captured)| amount.saturating_sub(captured)),
        ),
        currency: code,
        memo: row.text_or_null(5)?,
        reverses: row.uuid_or_null(16)?,
        reversed_by: Vec::new(),
        status,
        stuck: None,
        verb: form.unwrap_or_else(|| kind.clone()),
        reason: row.text_or_null(8)?,
        detail: row.text_or_null(9)?,
        trace: TraceId::from_uuid(row.uuid(10)?).to_string(),
        started_at: instant(started_us)?,
        ended_at: row.int_or_null(12)?.map(instant).transpose()?,
        held_us: row.int_or_null(18)?,
        events: Vec::new(),
        expected: Vec::new(),
        parked: Vec::new(),
        bookings: Vec::new(),
    };
    Ok(Flow {
        json,
        kind,
        started_us,
        no: row.int(13)?,
        promised_us: row.int_or_null(17)?,
    })
}

/// How much of a reservation went on to its payee, in minor units, if known. Only a partial amount is stored.
fn captured(status: Status, form: Option<&str>, amount: Option<i64>, part: Option<i64>) -> Option<i64> {
    if form != Some(Verb::Reserve.token()) {
        return None;
    }
    match status {
        Status::Settled | Status::Compensated => part.or(amount),
        Status::Cancelled | Status::Expired => amount.and(Some(0)),
        Status::Running | Status::Reserved | Status::Refused | Status::Done => part,
    }
}

pub(crate) fn status(word: &str) -> Result<Status> {
    // The CHECK constraint allows no other word.
    let unknown = || Error::unreadable(format!("unknown status {word:?}"));
    Status::ALL
        .into_iter()
        .find(|status| status.word() == word)
        .ok_or_else(unknown)
}

/// Converts a stored time.
pub(crate) fn instant(us: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(us).map_err(Error::unreadable)
}

/// The flows with this transfer id, one per payer who used it.
pub(crate) async fn by_transfer(db: &mut Db, transfer: TransferId) -> Result<Vec<Flow>> {
    let rows = db
        .query(
            &format!("{HEAD} WHERE transfer = $1 ORDER BY account"),
            &[Arg::Uuid(transfer.0)],
        )
        .await?;
    rows.iter().map(head).collect()
}

/// The flows with these transfer ids, in no particular order.
pub(crate) async fn by_transfers(db: &mut Db, transfers: &BTreeSet<Uuid>) -> Result<Vec<Flow>> {
    let set = Set::new().uuids("id", transfers.iter().copied());
    let rows = db.select(of_set!("f.transfer = k.id"), set).await?;
    rows.iter().map(head).collect()
}

/// The flows of a trace after a place, oldest first, at most `limit`: those that joined the trace, which an index has, and those
/// whose request began it and so has its id.
pub(crate) async fn by_trace(db: &mut Db, trace: TraceId, after: i64, limit: i64) -> Result<Found> {
    let sql = format!("{HEAD} WHERE trace = $1 AND trace <> request AND no > $2 ORDER BY no LIMIT $3");
    let args = [Arg::Uuid(trace.as_uuid()), Arg::Int(after), Arg::Int(limit)];
    let mut rows = db.query(&sql, &args).await?;
    let (first, last) = derived_range(TransferId(trace.as_uuid()));
    // Two index look-ups: combined into one, PostgreSQL would scan all flows.
    let near = "SELECT DISTINCT transfer FROM record WHERE id BETWEEN $1 AND $2";
    let near = db.query(near, &[Arg::Uuid(first.0), Arg::Uuid(last.0)]).await?;
    let near: Vec<Uuid> = near.iter().map(|row| row.uuid(0)).collect::<Result<_>>()?;
    let set = Set::new()
        .uuids("id", near.iter().copied())
        .uuids("trace", near.iter().map(|_| trace.as_uuid()));
    let began = of_set!("f.transfer = k.id AND f.trace = k.trace AND f.trace = f.request");
    rows.extend(db.select(began, set).await?);
    let mut flows: Vec<Flow> = rows.iter().map(head).collect::<Result<_>>()?;
    flows.retain(|flow| flow.no > after);
    flows.sort_by_key(|flow| flow.no);
    flows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(Found::of(flows, limit, None))
}

/// The flows with these keys, in no particular order.
pub(crate) async fn by_keys(db: &mut Db, keys: &[&TransferKey]) -> Result<Vec<Flow>> {
    let set = Set::new()
        .uuids("id", keys.iter().map(|key| key.id.0))
        .texts("payer", keys.iter().map(|key| key.payer.as_str()));
    let sql = of_set!("f.transfer = k.id AND f.account = k.payer AND f.verb = 'transfer'");
    db.select(sql, set).await?.iter().map(head).collect()
}

/// The flows with these keys, including operators' requests, in no particular order.
async fn by_flow_keys(db: &mut Db, keys: &[FlowKey]) -> Result<Vec<Flow>> {
    let set = Set::new()
        .uuids("id", keys.iter().map(|(key, _)| key.id.0))
        .texts("payer", keys.iter().map(|(key, _)| key.payer.as_str()))
        .texts("verb", keys.iter().map(|(_, verb)| verb.token()));
    let sql = of_set!("f.transfer = k.id AND f.account = k.payer AND f.verb = k.verb");
    db.select(sql, set).await?.iter().map(head).collect()
}

/// Those of these flows that have ended, in no particular order.
pub(crate) async fn ended(db: &mut Db, keys: &[(Uuid, String)]) -> Result<Vec<Flow>> {
    let set = Set::new()
        .uuids("id", keys.iter().map(|(id, _)| *id))
        .texts("account", keys.iter().map(|(_, account)| account.as_str()));
    let sql = of_set!("f.transfer = k.id AND f.account = k.account AND f.ended_us IS NOT NULL");
    db.select(sql, set).await?.iter().map(head).collect()
}

/// The transfers that give this one back to `payer`, among those whose home is this shard.
pub(crate) async fn reversals(db: &mut Db, transfer: Uuid, payer: &str) -> Result<Vec<Reversal>> {
    let sql = format!("{HEAD} WHERE reverses = $1 AND payee = $2 ORDER BY no");
    let rows = db.query(&sql, &[Arg::Uuid(transfer), Arg::Text(payer)]).await?;
    let reversal = |row| {
        let flow = head(row)?.json;
        Ok(Reversal {
            transfer: flow.transfer,
            payer: flow.payer,
            amount: flow.amount,
            status: flow.status,
        })
    };
    rows.iter().map(reversal).collect()
}

#[cfg(test)]
impl Flow {
    /// Wraps a flow, with nothing but what is shown of it.
    pub(crate) fn of(json: FlowJson) -> Self {
        Self {
            kind: json.verb.clone(),
            started_us: json.started_at.as_microsecond(),
            no: 1,
            promised_us: None,
            json,
        }
    }
}

impl Flow {
    /// The transfer id.
    pub(crate) fn transfer(&self) -> Uuid {
        self.json.transfer
    }

    /// The flow's key without its kind.
    pub(crate) fn key(&self) -> (Uuid, String) {
        (self.transfer(), self.payer().to_owned())
    }

    /// The payer.
    pub(crate) fn payer(&self) -> &str {
        &self.json.payer
    }

    /// The payee.
    pub(crate) fn payee(&self) -> Option<&str> {
        self.json.payee.as_deref()
    }

    /// Whether the account is the payer or the payee.
    pub(crate) fn is_of(&self, account: &AccountId) -> bool {
        self.payer() == account.as_str() || self.payee() == Some(account.as_str())
    }

    /// Whether it waits for a service, and not for its payer.
    pub(crate) fn is_running(&self) -> bool {
        self.json.status == Status::Running
    }

    /// How long it has taken up to a time, without the time for which a reservation waited for its payer.
    pub(crate) fn took_us(&self, now_us: i64) -> i64 {
        let waits = self.promised_us.filter(|_| self.json.status == Status::Reserved);
        let so_far_us = waits.unwrap_or(now_us).saturating_sub(self.started_us);
        let held_us = self.json.held_us.unwrap_or(0);
        self.json.took_us().unwrap_or(so_far_us.saturating_sub(held_us))
    }

    /// Ranks the flows under one id when no kind was given: transfers first, and those at home.
    pub(crate) fn likeliness(&self, at_home: bool) -> (bool, bool) {
        (self.is_transfer(), at_home)
    }

    /// Whether it is a transfer and not an operator's request.
    pub(crate) fn is_transfer(&self) -> bool {
        self.kind == Verb::Transfer.token()
    }

    /// Whether this is the flow with that key.
    pub(crate) fn is(&self, (key, kind): &FlowKey) -> bool {
        (self.transfer(), self.payer(), &*self.kind) == (key.id.0, key.payer.as_str(), kind.token())
    }
}
