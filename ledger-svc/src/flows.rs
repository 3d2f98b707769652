//! Questions about flows: one with all its events, many by account, status or reason; what was parked; how many.

use std::fmt::Write as _;

use ledger_core::{Status, choreography};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::Fact;
use wallet_contract::id::{AccountId, EventId, TransferId, TransferKey, derived_range};
use wallet_contract::money::Currency;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_runtime::db::{Arg, Db, Row, Set};
use wallet_runtime::reading::time;

use crate::rows::sequence;
use crate::stuck::Stuck;

/// The head of a flow, and its events where they were asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Flow {
    transfer: Uuid,
    payer: String,
    payee: Option<String>,
    amount: Option<String>,
    /// How much was confirmed of a reservation, if not all.
    #[serde(skip_serializing_if = "Option::is_none")]
    captured: Option<String>,
    currency: Option<String>,
    memo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverses: Option<Uuid>,
    /// The transfers that give this one back, however they stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reversed_by: Vec<Reversal>,
    status: String,
    /// Whom it keeps waiting, and since when; if it was not heard of for too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) stuck: Option<Stuck>,
    verb: String,
    reason: Option<String>,
    detail: Option<String>,
    trace: String,
    started_at: String,
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Step>>,
    /// The kind of flow, which with the id and the account names it.
    #[serde(skip)]
    kind: String,
    #[serde(skip)]
    pub(crate) started_us: i64,
    #[serde(skip)]
    pub(crate) no: i64,
}

/// A transfer that gives back another one.
#[derive(Debug, Serialize)]
pub(crate) struct Reversal {
    transfer: Uuid,
    payer: String,
    amount: Option<String>,
    status: String,
}

/// One request or event of a flow.
#[derive(Debug, Serialize)]
struct Step {
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

/// What is asked of the list.
#[derive(Debug, Default)]
pub(crate) struct Filter<'f> {
    /// `running`, `settled`, ….
    pub(crate) status: Option<&'f str>,
    /// A reason's code.
    pub(crate) reason: Option<&'f str>,
}

const HEAD: &str = "SELECT transfer, account, payee, amount, currency, memo, status, verb, reason, detail, trace, \
                    started_us, ended_us, no, form, captured, reverses FROM flow";

fn head(row: &Row) -> sqlx::Result<Flow> {
    let code = row.text_or_null(4)?;
    let currency = code.as_ref().map(|_| row.parse::<Currency>(4)).transpose()?;
    let money = |column| {
        let minor = row.int_or_null(column)?;
        Ok::<_, sqlx::Error>(
            currency
                .zip(minor)
                .map(|(currency, minor)| currency.format_minor(minor)),
        )
    };
    let verb = row.text(7)?;
    Ok(Flow {
        transfer: row.uuid(0)?,
        payer: row.text(1)?,
        payee: row.text_or_null(2)?,
        amount: money(3)?,
        captured: money(15)?,
        currency: code,
        memo: row.text_or_null(5)?,
        reverses: row.uuid_or_null(16)?,
        reversed_by: Vec::new(),
        status: row.text(6)?,
        stuck: None,
        verb: row.text_or_null(14)?.unwrap_or_else(|| verb.clone()),
        kind: verb,
        reason: row.text_or_null(8)?,
        detail: row.text_or_null(9)?,
        trace: TraceId::from_uuid(row.uuid(10)?).to_string(),
        started_at: time(row.int(11)?),
        ended_at: row.int_or_null(12)?.map(time),
        events: None,
        started_us: row.int(11)?,
        no: row.int(13)?,
    })
}

/// The flows with this transfer id, one for each payer who used it.
pub(crate) async fn by_transfer(db: &mut Db, transfer: TransferId) -> sqlx::Result<Vec<Flow>> {
    let rows = db
        .query(
            &format!("{HEAD} WHERE transfer = $1 ORDER BY account"),
            &[Arg::Uuid(transfer.0)],
        )
        .await?;
    rows.iter().map(head).collect()
}

/// The flows of a trace, at most `limit`.
pub(crate) async fn by_trace(db: &mut Db, trace: TraceId, limit: i64) -> sqlx::Result<Vec<Flow>> {
    let sql = format!("{HEAD} WHERE trace = $1 ORDER BY no LIMIT $2");
    let rows = db
        .query(&sql, &[Arg::Uuid(trace.as_uuid()), Arg::Int(limit)])
        .await?;
    rows.iter().map(head).collect()
}

impl Filter<'_> {
    /// Whether a flow is asked for.
    pub(crate) fn takes(&self, flow: &Flow) -> bool {
        let status = self.status.is_none_or(|status| status == flow.status);
        status
            && self
                .reason
                .is_none_or(|reason| flow.reason.as_deref() == Some(reason))
    }

    /// Adds the conditions and their parameters.
    fn bind<'a>(&'a self, args: &mut Vec<Arg<'a>>) -> String {
        let mut only = String::new();
        for (column, value) in [("status", self.status), ("reason", self.reason)] {
            if let Some(value) = value {
                args.push(Arg::Text(value));
                let _ = write!(only, " AND {column} = ${}", args.len());
            }
        }
        only
    }
}

/// Flows before a place in the list, newest first.
pub(crate) async fn list(
    db: &mut Db,
    filter: &Filter<'_>,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Flow>> {
    let mut args = vec![Arg::Int(before), Arg::Int(limit)];
    let only = filter.bind(&mut args);
    let rows = db
        .query(
            &format!("{HEAD} WHERE no < $1{only} ORDER BY no DESC LIMIT $2"),
            &args,
        )
        .await?;
    rows.iter().map(head).collect()
}

/// Flows of an account that moved no money in the end, newest first: refused, compensated, an operator's. Each way to be
/// the account's is one range of a partial index.
pub(crate) async fn unbooked(
    db: &mut Db,
    account: &AccountId,
    filter: &Filter<'_>,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Flow>> {
    let mut args = vec![Arg::Int(before), Arg::Int(limit), Arg::Text(account.as_str())];
    let only = filter.bind(&mut args);
    let newest = "ORDER BY no DESC LIMIT $2";
    let one = |column: &str, ends: &str| {
        format!(
            "SELECT * FROM ({HEAD} WHERE {column} = $3 AND no < $1 AND status IN ({ends}){only} {newest}) AS by_{column}"
        )
    };
    let (paid, received) = (
        one(
            "account",
            "'refused', 'compensated', 'cancelled', 'expired', 'done'",
        ),
        one("payee", "'refused', 'compensated', 'cancelled', 'expired'"),
    );
    let rows = db
        .query(&format!("{paid} UNION ALL {received} {newest}"), &args)
        .await?;
    rows.iter().map(head).collect()
}

/// The flows with these keys, in no order.
pub(crate) async fn by_keys(db: &mut Db, keys: &[&TransferKey]) -> sqlx::Result<Vec<Flow>> {
    let set = Set::new()
        .uuids("id", keys.iter().map(|key| key.id.0))
        .texts("payer", keys.iter().map(|key| key.payer.as_str()));
    let sql = "SELECT f.transfer, f.account, f.payee, f.amount, f.currency, f.memo, f.status, f.verb, f.reason, f.detail, \
               f.trace, f.started_us, f.ended_us, f.no, f.form, f.captured, f.reverses \
               FROM k CROSS JOIN flow AS f WHERE f.transfer = k.id AND f.account = k.payer AND f.verb = 'transfer'";
    db.select(sql, set).await?.iter().map(head).collect()
}

/// The transfers that give this one back to `payer`, of those whose home is this shard.
pub(crate) async fn reversals(db: &mut Db, transfer: Uuid, payer: &str) -> sqlx::Result<Vec<Reversal>> {
    let sql = format!("{HEAD} WHERE reverses = $1 AND payee = $2 ORDER BY no");
    let rows = db.query(&sql, &[Arg::Uuid(transfer), Arg::Text(payer)]).await?;
    let reversal = |row| {
        let flow = head(row)?;
        Ok(Reversal {
            transfer: flow.transfer,
            payer: flow.payer,
            amount: flow.amount,
            status: flow.status,
        })
    };
    rows.iter().map(reversal).collect()
}

impl Flow {
    /// Its transfer.
    pub(crate) fn transfer(&self) -> Uuid {
        self.transfer
    }

    /// Who pays.
    pub(crate) fn payer(&self) -> &str {
        &self.payer
    }

    /// Who is paid.
    pub(crate) fn payee(&self) -> Option<&str> {
        self.payee.as_deref()
    }

    /// Whether the account pays or is paid.
    pub(crate) fn is_of(&self, account: &AccountId) -> bool {
        self.payer == account.as_str() || self.payee() == Some(account.as_str())
    }

    /// Whether it is somebody's turn who should not keep it waiting.
    pub(crate) fn is_running(&self) -> bool {
        self.status == Status::Running.word()
    }

    /// Which of the flows that one account's id names is meant, if it is not said: the transfer, where it is at home.
    pub(crate) fn likeliness(&self, at_home: bool) -> (bool, bool) {
        (self.kind == Verb::Transfer.token(), at_home)
    }

    /// Whether this is the flow with that key.
    pub(crate) fn has(&self, key: &TransferKey) -> bool {
        self.transfer == key.id.0 && self.payer == key.payer.as_str()
    }

    /// Whether its money has moved, or is on its way.
    pub(crate) fn is_booked(&self) -> bool {
        matches!(self.status.as_str(), "running" | "reserved" | "settled")
    }

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

/// The flows that have begun by then and have not ended, oldest first.
pub(crate) async fn running(db: &mut Db, began_us: i64, limit: i64) -> sqlx::Result<Vec<Flow>> {
    let sql = format!(
        "{HEAD} WHERE ended_us IS NULL AND status = 'running' AND started_us <= $1 ORDER BY no LIMIT $2"
    );
    let rows = db.query(&sql, &[Arg::Int(began_us), Arg::Int(limit)]).await?;
    rows.iter().map(head).collect()
}

/// One message that was set aside.
#[derive(Debug, Serialize)]
pub(crate) struct Parked {
    service: String,
    shard: u16,
    sequence: u64,
    index: Option<u32>,
    subject: String,
    detail: String,
    time: String,
}

/// What the services have set aside on a shard, newest first.
pub(crate) async fn parked(db: &mut Db, shard: u16, limit: i64) -> sqlx::Result<Vec<Parked>> {
    let sql =
        "SELECT body, at_us FROM record WHERE kind = 'wallet.message.parked.v1' ORDER BY at_us DESC LIMIT $1";
    let mut parked = Vec::new();
    for row in db.query(sql, &[Arg::Int(limit)]).await? {
        let Ok(event) = envelope::read(&row.text(0)?) else {
            continue;
        };
        let Fact::MessageParked(told) = event.fact else {
            continue;
        };
        parked.push(Parked {
            service: event.source.service.name().to_owned(),
            shard,
            sequence: told.sequence,
            index: told.index,
            subject: told.subject,
            detail: told.detail,
            time: time(row.int(1)?),
        });
    }
    Ok(parked)
}

/// How many transfers stand how, in this shard.
pub(crate) async fn tally(db: &mut Db) -> sqlx::Result<Vec<(String, i64)>> {
    let rows = db.query("SELECT status, transfers FROM tally", &[]).await?;
    rows.iter().map(|row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// How many messages were set aside on this shard.
pub(crate) async fn parked_count(db: &mut Db) -> sqlx::Result<i64> {
    let rows = db
        .query(
            "SELECT count(*) FROM record WHERE kind = 'wallet.message.parked.v1'",
            &[],
        )
        .await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}
