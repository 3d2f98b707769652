//! Queries on the books.
//!
//! | part | does |
//! |---|---|
//! | here | an account's balances, now and at a time |
//! | [`accounts`] | the balances of many accounts |
//! | [`lines`] | an account's bookings, newest first |
//! | [`opened`] | when an account was opened |
//! | [`statement`] | bookings as statement lines, or as the transfers they belong to |

pub(crate) mod accounts;
mod lines;
mod opened;
mod statement;

use serde::Serialize;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_db::stored;
use wallet_db::{Arg, Db, Error, Result, Row};
use wallet_engine::clock::rfc3339;

pub(crate) use self::lines::{ALL, Cursor, balances, first_us, sampled};
pub(crate) use self::statement::{Statement, movements, statement};

/// An account with its balances.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) account: String,
    pub(crate) status: String,
    pub(crate) balances: Vec<Balance>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<AsOf>,
}

/// An account's balance in one currency.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Balance {
    pub(crate) currency: String,
    pub(crate) available: String,
    pub(crate) held: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) in_transit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overdraft: Option<String>,
    /// In an answer about a time: whether the account had been opened in this currency by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) opened: Option<bool>,
}

/// How far into the log an answer reaches.
#[derive(Debug, Serialize)]
pub(crate) struct AsOf {
    pub(crate) shard: u16,
    pub(crate) sequence: i64,
    pub(crate) time: String,
}

impl AsOf {
    pub(crate) fn new(shard: u16, as_of: stored::AsOf) -> Self {
        Self {
            shard,
            sequence: as_of.sequence,
            time: rfc3339(as_of.at_us),
        }
    }
}

fn balance(row: &Row) -> Result<Balance> {
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
        opened: None,
    })
}

const PAGE: &str = "SELECT name, currency, standing, available, held, in_transit, overdraft FROM account";

/// The account as it is now.
pub(crate) async fn page(db: &mut Db, name: &AccountId) -> Result<Option<Page>> {
    let rows = db
        .query(
            &format!("{PAGE} WHERE name = $1 ORDER BY currency"),
            &[Arg::Text(name.as_str())],
        )
        .await?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let balances = rows.iter().map(balance).collect::<Result<_>>()?;
    Ok(Some(Page {
        account: name.to_string(),
        status: first.text(2)?,
        balances,
        as_of: None,
    }))
}

/// The currency of an account's newest booking.
pub(crate) async fn latest(db: &mut Db, name: &AccountId) -> Result<Option<Currency>> {
    let sql =
        "SELECT currency FROM account WHERE name = $1 AND last_no IS NOT NULL ORDER BY last_no DESC LIMIT 1";
    let rows = db.query(sql, &[Arg::Text(name.as_str())]).await?;
    rows.first().map(|row| row.parse(0)).transpose()
}

impl Page {
    /// Whether, at the time that was asked for, the account had not been opened in any currency.
    pub(crate) fn is_before_it_was_opened(&self) -> bool {
        self.balances.iter().all(|balance| balance.opened == Some(false))
    }

    /// Replaces the balances by those at a time, in each currency.
    pub(crate) async fn back_to(mut self, db: &mut Db, at_us: i64) -> Result<Self> {
        let opened_us = opened::since_us(db, &self.account, self.balances.len()).await?;
        for balance in &mut self.balances {
            let before = Cursor::at(at_us);
            let rows = lines::newest(
                db,
                "balance, held_balance",
                &self.account,
                &balance.currency,
                before,
                1,
            )
            .await?;
            let minor = |column| rows.first().map_or(Ok(0), |(_, row)| row.int(column));
            let currency: Currency = balance.currency.parse().map_err(Error::unreadable)?;
            let [available, held] = [minor(2)?, minor(3)?].map(|minor| currency.format_minor(minor));
            *balance = Balance {
                currency: balance.currency.clone(),
                available,
                held,
                in_transit: None,
                overdraft: None,
                opened: Some(
                    opened_us
                        .get(&balance.currency)
                        .is_none_or(|opened| *opened <= at_us),
                ),
            };
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
