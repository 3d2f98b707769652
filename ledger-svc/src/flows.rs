//! Questions about flows.
//!
//! | part | answers |
//! |---|---|
//! | here | single flows, by transfer, trace or key |
//! | [`list`] | many, by status or reason; how many stand how |
//! | [`steps`] | what stands in the log of one |

pub(crate) mod list;
pub(crate) mod steps;

use ledger_core::Status;
use serde::Serialize;
use uuid::Uuid;
use wallet_contract::id::{AccountId, TransferId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_runtime::db::{Arg, Db, Row, Set};
use wallet_runtime::reading::time;

use self::steps::Step;
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

/// Those of these accounts' flows that have ended, in no order.
pub(crate) async fn ended(db: &mut Db, keys: &[(Uuid, String)]) -> sqlx::Result<Vec<Flow>> {
    let set = Set::new()
        .uuids("id", keys.iter().map(|(id, _)| *id))
        .texts("account", keys.iter().map(|(_, account)| account.as_str()));
    let sql = "SELECT f.transfer, f.account, f.payee, f.amount, f.currency, f.memo, f.status, f.verb, f.reason, f.detail, \
               f.trace, f.started_us, f.ended_us, f.no, f.form, f.captured, f.reverses \
               FROM k CROSS JOIN flow AS f WHERE f.transfer = k.id AND f.account = k.account AND f.ended_us IS NOT NULL";
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

    /// What names it, but for the kind of flow.
    pub(crate) fn key(&self) -> (Uuid, String) {
        (self.transfer, self.payer.clone())
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
}
