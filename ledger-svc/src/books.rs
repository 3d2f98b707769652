//! Questions to the books: balances now and then, statements.

use std::fmt;

use serde::Serialize;
use uuid::Uuid;
use wallet_contract::id::{AccountId, TransferId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;
use wallet_runtime::db::{Arg, Db, Row};
use wallet_runtime::reading::{self, time};

/// An account's page.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) account: String,
    pub(crate) status: String,
    pub(crate) balances: Vec<Balance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<AsOf>,
}

/// What an account has in one currency.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Balance {
    pub(crate) currency: String,
    pub(crate) available: String,
    pub(crate) held: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) in_transit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overdraft: Option<String>,
}

/// How much of the log an answer knows.
#[derive(Debug, Serialize)]
pub(crate) struct AsOf {
    pub(crate) shard: u16,
    pub(crate) sequence: i64,
    pub(crate) time: String,
}

/// One line of a statement.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) time: String,
    pub(crate) shard: u16,
    pub(crate) sequence: i64,
    pub(crate) transfer: Uuid,
    pub(crate) trace: String,
    pub(crate) kind: String,
    pub(crate) counterparty: String,
    pub(crate) contra: String,
    pub(crate) amount: String,
    pub(crate) held: String,
    pub(crate) balance: String,
    pub(crate) held_balance: String,
    pub(crate) currency: String,
    pub(crate) memo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reverses: Option<Uuid>,
    /// The transfers that gave this one back, in whole or in part.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) reversed_by: Vec<Uuid>,
    #[serde(skip)]
    pub(crate) cursor: Cursor,
}

impl AsOf {
    pub(crate) fn new(shard: u16, as_of: reading::AsOf) -> Self {
        Self {
            shard,
            sequence: as_of.sequence,
            time: time(as_of.at_us),
        }
    }
}

fn balance(row: &Row) -> sqlx::Result<Balance> {
    let currency: Currency = row.parse(1)?;
    let overdraft = row
        .int_or_null(6)?
        .map_or("unlimited".to_owned(), |limit| currency.format_minor(limit));
    Ok(Balance {
        currency: currency.code().to_owned(),
        available: currency.format_minor(row.int(3)?),
        held: currency.format_minor(row.int(4)?),
        in_transit: Some(currency.format_minor(row.int(5)?)),
        overdraft: Some(overdraft),
    })
}

const PAGE: &str = "SELECT name, currency, standing, available, held, in_transit, overdraft FROM account";

/// The account as it is.
pub(crate) async fn page(db: &mut Db, name: &AccountId) -> sqlx::Result<Option<Page>> {
    let rows = db
        .query(
            &format!("{PAGE} WHERE name = $1 ORDER BY currency"),
            &[Arg::Text(name.as_str())],
        )
        .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let balances = rows.iter().map(balance).collect::<sqlx::Result<_>>()?;
    Ok(Some(Page {
        account: name.to_string(),
        status: first.text(2)?,
        balances,
        as_of: None,
    }))
}

/// Accounts behind `after`, in the order of their names.
pub(crate) async fn pages(db: &mut Db, after: &str, limit: i64) -> sqlx::Result<Vec<Page>> {
    let sql = format!(
        "{PAGE} WHERE name > $1 AND name IN (SELECT DISTINCT name FROM account WHERE name > $1 ORDER BY name LIMIT $2) \
         ORDER BY name, currency"
    );
    let mut pages: Vec<Page> = Vec::new();
    for row in db.query(&sql, &[Arg::Text(after), Arg::Int(limit)]).await? {
        let (account, balance) = (row.text(0)?, balance(&row)?);
        match pages.last_mut() {
            Some(page) if page.account == account => page.balances.push(balance),
            _ => pages.push(Page {
                account,
                status: row.text(2)?,
                balances: vec![balance],
                as_of: None,
            }),
        }
    }
    Ok(pages)
}

impl Page {
    /// The account's name.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    /// Goes back to what was available and held at a time: one look-up for each currency.
    pub(crate) async fn back_to(mut self, db: &mut Db, at_us: i64) -> sqlx::Result<Self> {
        let sql = "SELECT balance, held_balance FROM booking WHERE account = $1 AND currency = $2 AND at_us <= $3 \
                   ORDER BY at_us DESC, sequence DESC, element DESC LIMIT 1";
        for balance in &mut self.balances {
            let args = [
                Arg::Text(&self.account),
                Arg::Text(&balance.currency),
                Arg::Int(at_us),
            ];
            let rows = db.query(sql, &args).await?;
            let minor = |column| rows.first().map_or(Ok(0), |row| row.int(column));
            let currency: Currency = balance
                .currency
                .parse()
                .map_err(|e| sqlx::Error::Decode(Box::new(e)))?;
            let [available, held] = [minor(0)?, minor(1)?].map(|minor| currency.format_minor(minor));
            *balance = Balance {
                currency: balance.currency.clone(),
                available,
                held,
                in_transit: None,
                overdraft: None,
            };
        }
        Ok(self)
    }
}

/// A place in an account's books: time, sequence and element of a booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor(pub(crate) i64, pub(crate) i64, pub(crate) i64);

impl Cursor {
    /// Behind all bookings.
    pub(crate) const END: Self = Self(i64::MAX, 0, 0);

    /// Reads what [`Cursor`]'s `Display` wrote.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(at), Some(sequence), Some(element), None) => Some(Self(at?, sequence?, element?)),
            _ => None,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// The newest bookings before a place. Each currency is one range of the key.
async fn newest(
    db: &mut Db,
    columns: &str,
    name: &AccountId,
    currency: Option<Currency>,
    before: Cursor,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    let currencies = match currency {
        Some(currency) => vec![currency.code().to_owned()],
        None => {
            let rows = db
                .query(
                    "SELECT currency FROM account WHERE name = $1",
                    &[Arg::Text(name.as_str())],
                )
                .await?;
            rows.iter().map(|row| row.text(0)).collect::<sqlx::Result<_>>()?
        }
    };
    let sql = format!(
        "SELECT at_us, sequence, element, {columns} FROM booking \
         WHERE account = $1 AND currency = $2 AND (at_us, sequence, element) < ($3, $4, $5) \
         ORDER BY at_us DESC, sequence DESC, element DESC LIMIT $6"
    );
    let Cursor(at, sequence, element) = before;
    let mut found = Vec::new();
    for currency in &currencies {
        let args = [
            Arg::Text(name.as_str()),
            Arg::Text(currency),
            Arg::Int(at),
            Arg::Int(sequence),
            Arg::Int(element),
            Arg::Int(limit),
        ];
        for row in db.query(&sql, &args).await? {
            found.push((place(&row)?, row));
        }
    }
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

fn place(row: &Row) -> sqlx::Result<Cursor> {
    Ok(Cursor(row.int(0)?, row.int(1)?, row.int(2)?))
}

/// When an account's books begin, in a currency.
pub(crate) async fn first_us(db: &mut Db, name: &AccountId, currency: Currency) -> sqlx::Result<Option<i64>> {
    let sql = "SELECT at_us FROM booking WHERE account = $1 AND currency = $2 ORDER BY at_us, sequence, element LIMIT 1";
    let args = [Arg::Text(name.as_str()), Arg::Text(currency.code())];
    db.query(sql, &args)
        .await?
        .first()
        .map(|row| row.int(0))
        .transpose()
}

/// The newest balances before a time, oldest first: when, and what was available from then on, minor units.
pub(crate) async fn balances(
    db: &mut Db,
    name: &AccountId,
    currency: Currency,
    before_us: i64,
    limit: i64,
) -> sqlx::Result<Vec<(i64, i64)>> {
    let sql = "SELECT at_us, balance FROM booking WHERE account = $1 AND currency = $2 AND at_us < $3 \
               ORDER BY at_us DESC, sequence DESC, element DESC LIMIT $4";
    let args = [
        Arg::Text(name.as_str()),
        Arg::Text(currency.code()),
        Arg::Int(before_us),
        Arg::Int(limit),
    ];
    let rows = db.query(sql, &args).await?;
    rows.iter()
        .rev()
        .map(|row| Ok((row.int(0)?, row.int(1)?)))
        .collect()
}

/// Lines of a statement before a place, newest first.
pub(crate) async fn statement(
    db: &mut Db,
    shard: u16,
    name: &AccountId,
    currency: Option<Currency>,
    before: Cursor,
    limit: i64,
) -> sqlx::Result<Vec<Line>> {
    let columns = "transfer, trace, kind, counterparty, contra, amount, held, balance, held_balance, currency, memo, reverses";
    let rows = newest(db, columns, name, currency, before, limit).await?;
    let mut lines: Vec<Line> = rows
        .iter()
        .map(|row| line(row, shard))
        .collect::<sqlx::Result<_>>()?;
    for line in &mut lines {
        line.reversed_by = reversed_by(db, name, line.transfer).await?;
    }
    Ok(lines)
}

/// The transfers of an account that gave a transfer back. A line of each end of it stands here.
async fn reversed_by(db: &mut Db, name: &AccountId, transfer: Uuid) -> sqlx::Result<Vec<Uuid>> {
    let sql = "SELECT DISTINCT transfer FROM booking WHERE reverses = $1 AND account = $2 ORDER BY transfer";
    let rows = db
        .query(sql, &[Arg::Uuid(transfer), Arg::Text(name.as_str())])
        .await?;
    rows.iter().map(|row| row.uuid(0)).collect()
}

fn line(row: &Row, shard: u16) -> sqlx::Result<Line> {
    let currency: Currency = row.parse(12)?;
    Ok(Line {
        time: time(row.int(0)?),
        shard,
        sequence: row.int(1)?,
        transfer: row.uuid(3)?,
        trace: TraceId::from_uuid(row.uuid(4)?).to_string(),
        kind: row.text(5)?,
        counterparty: row.text(6)?,
        contra: row.text(7)?,
        amount: currency.format_minor(row.int(8)?),
        held: currency.format_minor(row.int(9)?),
        balance: currency.format_minor(row.int(10)?),
        held_balance: currency.format_minor(row.int(11)?),
        currency: currency.code().to_owned(),
        memo: row.text_or_null(13)?,
        reverses: row.uuid_or_null(14)?,
        reversed_by: Vec::new(),
        cursor: place(row)?,
    })
}

/// Transfers that moved an account's money, as its books tell.
pub(crate) struct Movements {
    /// Where each stands, and its key.
    pub(crate) found: Vec<(Cursor, TransferKey)>,
    /// How many lines were read for them, and down to which.
    pub(crate) lines: usize,
    pub(crate) last: Option<Cursor>,
}

/// The transfers that moved an account's money before a place, newest first.
pub(crate) async fn movements(
    db: &mut Db,
    name: &AccountId,
    before: Cursor,
    limit: i64,
) -> sqlx::Result<Movements> {
    let columns = "transfer, kind, counterparty, held";
    let rows = newest(db, columns, name, None, before, limit).await?;
    let last = rows.last().map(place).transpose()?;
    let mut movements = Vec::new();
    for row in &rows {
        let key = |payer| {
            Ok::<_, sqlx::Error>(TransferKey {
                id: TransferId(row.uuid(3)?),
                payer,
            })
        };
        match (row.text(4)?.as_str(), row.int(6)?) {
            ("debit", 0) | ("hold", _) => movements.push((place(row)?, key(name.clone())?)),
            ("credit", _) => movements.push((place(row)?, key(row.parse(5)?)?)),
            // The line before it stands for the transfer.
            _ => {}
        }
    }
    Ok(Movements {
        found: movements,
        lines: rows.len(),
        last,
    })
}
