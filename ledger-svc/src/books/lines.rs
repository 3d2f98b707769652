//! The bookings of an account in a currency, newest first.
//!
//! Bookings are in log order and are only ever appended: when they were clustered by account, each batch rewrote a page or two of
//! every account in it. Each booking names the one before it on the same account, and every 32nd is in an index by time. So any
//! place is found by one look-up and a walk of at most 32 lines.

use std::collections::BTreeMap;
use std::fmt;

use wallet_contract::id::AccountId;
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_db::{Arg, Db, Result, Row, Set};

/// The condition of the index `booking_mark`, exactly as in its definition. The first line is one of the marked ones.
const MARKED: &str = "line % 32 = 1";
/// How many lines too late a walk may begin.
const STRIDE: i64 = 32;

/// A place in an account's books: when the log stored the booking, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor {
    pub(crate) at_us: i64,
    pub(crate) no: LogPlace,
}

impl Cursor {
    /// After all bookings.
    pub(crate) const END: Self = Self {
        at_us: i64::MAX,
        no: LogPlace::START,
    };

    /// After all bookings of that time, in microseconds.
    pub(crate) fn at(at_us: i64) -> Self {
        Self {
            at_us: at_us.saturating_add(1),
            ..Self::END
        }
    }

    /// Parses what [`Cursor`]'s `Display` wrote.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (at_us, no) = text.split_once('.')?;
        Some(Self {
            at_us: at_us.parse().ok()?,
            no: LogPlace::of_number(no.parse().ok()?),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at_us, self.no.number())
    }
}

/// The newest bookings before a place, at most `limit`. `columns` start at column 2 of the rows.
pub(super) async fn newest(
    db: &mut Db,
    columns: &str,
    account: &str,
    currency: &str,
    before: Cursor,
    limit: i64,
) -> Result<Vec<(Cursor, Row)>> {
    between(db, columns, account, currency, (ALL, before), limit).await
}

/// From the first booking on.
pub(crate) const ALL: LogPlace = LogPlace::START;

/// The same, without bookings before `since`.
pub(super) async fn between(
    db: &mut Db,
    columns: &str,
    account: &str,
    currency: &str,
    (since, before): (LogPlace, Cursor),
    limit: i64,
) -> Result<Vec<(Cursor, Row)>> {
    let sql = format!(
        "WITH RECURSIVE walk (no, previous, steps) AS ( \
         SELECT no, previous, 1 FROM booking WHERE no = COALESCE( \
         (SELECT no FROM booking WHERE account = $1 AND currency = $2 AND {MARKED} AND (at_us, no) >= ($3, $4) \
         ORDER BY at_us, no LIMIT 1), \
         (SELECT last_no FROM account WHERE name = $1 AND currency = $2)) \
         UNION ALL \
         SELECT b.no, b.previous, w.steps + 1 FROM walk AS w CROSS JOIN booking AS b WHERE b.no = w.previous AND w.steps < $5 \
         AND w.previous >= $7) \
         SELECT b.at_us, b.no, {columns} FROM walk AS w CROSS JOIN booking AS b \
         WHERE b.no = w.no AND (b.at_us, b.no) < ($3, $4) AND b.no >= $7 ORDER BY b.no DESC LIMIT $6"
    );
    let args = [
        Arg::Text(account),
        Arg::Text(currency),
        Arg::Int(before.at_us),
        Arg::Int(before.no.number()),
        Arg::Int(limit.saturating_add(STRIDE)),
        Arg::Int(limit),
        Arg::Int(since.number()),
    ];
    let found = |row: Row| {
        let place = Cursor {
            at_us: row.int(0)?,
            no: LogPlace::of_number(row.int(1)?),
        };
        Ok((place, row))
    };
    db.query(&sql, &args).await?.into_iter().map(found).collect()
}

/// The time of the account's first booking in a currency.
pub(crate) async fn first_us(db: &mut Db, name: &AccountId, currency: Currency) -> Result<Option<i64>> {
    let sql = format!(
        "SELECT at_us FROM booking WHERE account = $1 AND currency = $2 AND {MARKED} ORDER BY at_us, no LIMIT 1"
    );
    let args = [Arg::Text(name.as_str()), Arg::Text(currency.code())];
    let rows = db.query(&sql, &args).await?;
    rows.first().map(|row| row.int(0)).transpose()
}

/// The newest balances, oldest first: the time of each, and what was available from then on, in minor units.
pub(crate) async fn balances(
    db: &mut Db,
    name: &AccountId,
    currency: Currency,
    limit: i64,
) -> Result<Vec<(i64, i64)>> {
    let (name, currency) = (name.as_str(), currency.code());
    let rows = newest(db, "balance", name, currency, Cursor::END, limit).await?;
    let balance = |(place, row): &(Cursor, Row)| Ok((place.at_us, row.int(2)?));
    rows.iter().rev().map(balance).collect()
}

/// The balances at marked lines, oldest first: for each of these times, the newest one that is not later. A chart over a long time
/// can be drawn from them without walks.
pub(crate) async fn sampled(
    db: &mut Db,
    name: &AccountId,
    currency: Currency,
    times_us: &[i64],
) -> Result<Vec<(i64, i64)>> {
    const SQL: &str = "SELECT b.at_us, b.balance, b.no FROM (SELECT DISTINCT ( \
        SELECT m.no FROM booking AS m \
        WHERE m.account = k.account AND m.currency = k.currency AND m.line % 32 = 1 AND m.at_us <= k.at_us \
        ORDER BY m.at_us DESC, m.no DESC LIMIT 1) AS no FROM k) AS sampled \
        CROSS JOIN booking AS b WHERE b.no = sampled.no";
    let set = Set::new()
        .texts("account", times_us.iter().map(|_| name.as_str()))
        .texts("currency", times_us.iter().map(|_| currency.code()))
        .ints("at_us", times_us.iter().copied());
    let rows = db.select(SQL, set).await?;
    let found = rows
        .iter()
        .map(|row| Ok((row.int(2)?, (row.int(0)?, row.int(1)?))));
    // A set may be split into several queries, and two of them may find the same line.
    let found: BTreeMap<i64, (i64, i64)> = found.collect::<Result<_>>()?;
    Ok(found.into_values().collect())
}

#[cfg(test)]
mod tests;
