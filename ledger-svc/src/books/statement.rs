//! An account's bookings as statement lines, and as the transfers they belong to.

use ledger_core::BookingKind;
use serde::Serialize;
use uuid::Uuid;
use wallet_contract::id::{AccountId, TransferId, TransferKey};
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;
use wallet_db::{Arg, Db, Error, Result, Row};
use wallet_view::statement::{Figures, Line};

use super::lines::{ALL, Cursor, between};
use crate::flows::instant;

/// The newest bookings between two places, in one currency or in all of them.
async fn of_account(
    db: &mut Db,
    columns: &str,
    name: &AccountId,
    currency: Option<Currency>,
    span: (LogPlace, Cursor),
    limit: i64,
) -> Result<Vec<(Cursor, Row)>> {
    let currencies = match currency {
        Some(currency) => vec![currency.code().to_owned()],
        None => {
            let sql = "SELECT currency FROM account WHERE name = $1";
            let rows = db.query(sql, &[Arg::Text(name.as_str())]).await?;
            rows.iter().map(|row| row.text(0)).collect::<Result<_>>()?
        }
    };
    let mut found = Vec::new();
    for currency in &currencies {
        found.extend(between(db, columns, name.as_str(), currency, span, limit).await?);
    }
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// A page of a statement.
#[derive(Debug, Serialize)]
pub(crate) struct Statement {
    pub(crate) account: String,
    /// Newest first.
    pub(crate) lines: Vec<Line>,
    /// Where the next page begins, if there is one.
    pub(crate) next: Option<String>,
}

/// Lines of a statement before a place.
pub(crate) async fn statement(
    db: &mut Db,
    shard: u16,
    name: &AccountId,
    currency: Option<Currency>,
    before: Cursor,
    limit: i64,
) -> Result<Statement> {
    let columns =
        "transfer, trace, kind, counterparty, amount, held, balance, held_balance, currency, memo, reverses";
    let mut found = of_account(
        db,
        columns,
        name,
        currency,
        (ALL, before),
        limit.saturating_add(1),
    )
    .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = found.len() > limit;
    found.truncate(limit);
    let mut lines: Vec<Line> = found
        .iter()
        .map(|(place, row)| line(*place, row, shard))
        .collect::<Result<_>>()?;
    for line in &mut lines {
        line.reversed_by = reversed_by(db, name, line.transfer).await?;
    }
    let next = found
        .last()
        .filter(|_| is_more)
        .map(|(place, _)| place.to_string());
    Ok(Statement {
        account: name.to_string(),
        lines,
        next,
    })
}

/// The transfers of an account that gave this transfer back. Each of them has a line in the account's books.
async fn reversed_by(db: &mut Db, name: &AccountId, transfer: Uuid) -> Result<Vec<Uuid>> {
    let sql = "SELECT DISTINCT transfer FROM booking WHERE reverses = $1 AND account = $2 ORDER BY transfer";
    let rows = db
        .query(sql, &[Arg::Uuid(transfer), Arg::Text(name.as_str())])
        .await?;
    rows.iter().map(|row| row.uuid(0)).collect()
}

fn line(place: Cursor, row: &Row, shard: u16) -> Result<Line> {
    let (currency, kind): (Currency, _) = (row.parse(10)?, row.text(4)?);
    let figures = Figures {
        amount: row.int(6)?,
        held: row.int(7)?,
        balance: row.int(8)?,
        held_balance: row.int(9)?,
    };
    let is_capture = kind == BookingKind::Debit.word() && figures.held != 0;
    Ok(Line {
        time: instant(place.at_us)?,
        shard,
        sequence: place.no.sequence,
        transfer: row.uuid(2)?,
        trace: TraceId::from_uuid(row.uuid(3)?).to_string(),
        kind,
        counterparty: row.text(5)?,
        contra: AccountId::in_transit().to_string(),
        amount: currency.format_minor(figures.amount),
        held: currency.format_minor(figures.held),
        balance: currency.format_minor(figures.balance),
        held_balance: currency.format_minor(figures.held_balance),
        currency: currency.code().to_owned(),
        memo: row.text_or_null(11)?,
        reverses: row.uuid_or_null(12)?,
        reversed_by: Vec::new(),
        parts: if is_capture {
            figures.capture(currency)
        } else {
            Vec::new()
        },
    })
}

/// Transfers that moved an account's money, according to its books.
pub(crate) struct Movements {
    /// The place and the key of each.
    pub(crate) found: Vec<(Cursor, TransferKey)>,
    /// How many lines were read to find them, and how far back.
    pub(crate) lines: usize,
    pub(crate) last: Option<Cursor>,
}

/// The transfers that moved an account's money between two places, newest first.
pub(crate) async fn movements(
    db: &mut Db,
    name: &AccountId,
    span: (LogPlace, Cursor),
    limit: i64,
) -> Result<Movements> {
    let columns = "transfer, kind, counterparty, held";
    let rows = of_account(db, columns, name, None, span, limit).await?;
    let mut movements = Vec::new();
    for (place, row) in &rows {
        let key = |payer| {
            Ok::<_, Error>(TransferKey {
                id: TransferId(row.uuid(2)?),
                payer,
            })
        };
        match (row.text(3)?.as_str(), row.int(5)?) {
            ("debit", 0) | ("hold", _) => movements.push((*place, key(name.clone())?)),
            ("credit", _) => movements.push((*place, key(row.parse(4)?)?)),
            // The line before this one stands for the transfer.
            _ => {}
        }
    }
    Ok(Movements {
        found: movements,
        lines: rows.len(),
        last: rows.last().map(|(place, _)| *place),
    })
}
