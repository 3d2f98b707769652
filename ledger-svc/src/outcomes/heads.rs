//! How transfers stand, and who asked for them.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{Asked, Status};
use wallet_contract::id::{AccountId, EventId, TransferId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::subject::Verb;
use wallet_runtime::db::{Db, Row, Set};

use crate::flows::status;

/// The heads of some transfers' flows.
#[derive(Default)]
pub(super) struct Heads(BTreeMap<TransferKey, Head>);

/// The head of one.
pub(super) struct Head {
    pub(super) asked: Asked,
    pub(super) status: Status,
    pub(super) payee: Option<String>,
    /// What was asked for, minor units, and what was captured of it, if that is less.
    pub(super) amount: Option<i64>,
    pub(super) captured: Option<i64>,
    pub(super) currency: Option<Currency>,
    pub(super) reason: Option<String>,
    pub(super) ended_us: Option<i64>,
}

impl Heads {
    /// Looks them up.
    pub(super) async fn load(db: &mut Db, keys: BTreeSet<TransferKey>) -> sqlx::Result<Self> {
        let set = Set::new()
            .uuids("id", keys.iter().map(|key| key.id.0))
            .texts("account", keys.iter().map(|key| key.payer.as_str()));
        let sql = "SELECT f.transfer, f.account, f.form, f.request, f.ordered, f.status, f.payee, f.amount, f.captured, \
                   f.currency, f.reason, f.ended_us FROM k CROSS JOIN flow AS f \
                   WHERE f.transfer = k.id AND f.account = k.account AND f.verb = 'transfer'";
        let rows = db.select(sql, set).await?;
        let heads = rows.iter().map(|row| Ok((key(row)?, head(row)?)));
        heads.collect::<sqlx::Result<_>>().map(Self)
    }

    pub(super) fn get(&self, key: &TransferKey) -> Option<&Head> {
        self.0.get(key)
    }
}

fn key(row: &Row) -> sqlx::Result<TransferKey> {
    Ok(TransferKey {
        id: TransferId(row.uuid(0)?),
        payer: row.parse::<AccountId>(1)?,
    })
}

fn head(row: &Row) -> sqlx::Result<Head> {
    let form = row.text_or_null(2)?;
    // A plain transfer has no form.
    let verb = Verb::ALL
        .into_iter()
        .find(|verb| form.as_deref() == Some(verb.token()));
    let currency = row.text_or_null(9)?;
    Ok(Head {
        asked: Asked {
            verb: verb.unwrap_or(Verb::Transfer),
            request: EventId(row.uuid(3)?),
            ordered: row.uuid_or_null(4)?.map(EventId),
        },
        status: status(&row.text(5)?)?,
        payee: row.text_or_null(6)?,
        amount: row.int_or_null(7)?,
        captured: row.int_or_null(8)?,
        currency: currency.map(|_| row.parse(9)).transpose()?,
        reason: row.text_or_null(10)?,
        ended_us: row.int_or_null(11)?,
    })
}
