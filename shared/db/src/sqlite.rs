//! Statements on SQLite.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Sqlite, SqliteConnection};

use super::error::Result;
use super::set::{Arg, Column, Row, Set};

/// The database's clock, microseconds since 1970.
const NOW_US: &str = "CAST(unixepoch('subsec') * 1000000 AS INTEGER)";
/// The sizes of chunks, in rows: few enough for all texts to stay prepared, and fine enough to cover a remainder in few statements.
const CHUNKS: [usize; 6] = [512, 128, 32, 8, 2, 1];
/// `SQLITE_MAX_VARIABLE_NUMBER` of the bundled library.
const MAX_VARIABLES: usize = 32_766;

type Prepared<'q> = Query<'q, Sqlite, SqliteArguments>;

pub(super) async fn command(db: &mut SqliteConnection, sql: &'static str) -> Result<()> {
    sqlx::query(sql).execute(db).await?;
    Ok(())
}

pub(super) async fn select(db: &mut SqliteConnection, sql: &'static str, set: &Set<'_>) -> Result<Vec<Row>> {
    let mut answer = Vec::new();
    for (from, rows) in chunks(set) {
        let query = prepared(sql, set, from, rows)?;
        answer.extend(query.fetch_all(&mut *db).await?.into_iter().map(Row::Sqlite));
    }
    Ok(answer)
}

pub(super) async fn execute(db: &mut SqliteConnection, sql: &str, args: &[Arg<'_>]) -> Result<u64> {
    let sql = timed(sql);
    Ok(with(sqlx::query(AssertSqlSafe(sql)), args)
        .execute(db)
        .await?
        .rows_affected())
}

pub(super) async fn query(db: &mut SqliteConnection, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>> {
    let sql = timed(sql);
    let rows = with(sqlx::query(AssertSqlSafe(sql)), args).fetch_all(db).await?;
    Ok(rows.into_iter().map(Row::Sqlite).collect())
}

/// Inserts the expression for the database's clock into a statement.
pub(super) fn timed(sql: &str) -> String {
    sql.replace("{now_us}", NOW_US)
}

/// Cuts a set into chunks: (first row, number of rows).
pub(super) fn chunks(set: &Set<'_>) -> impl Iterator<Item = (usize, usize)> {
    let (length, columns) = (set.len(), set.names.len().max(1));
    let mut from = 0;
    std::iter::from_fn(move || {
        let left = length - from;
        let fits = |rows: &&usize| **rows <= left && **rows * columns <= MAX_VARIABLES;
        let rows = *CHUNKS.iter().find(fits)?;
        from += rows;
        Some((from - rows, rows))
    })
}

/// `WITH k (a, b) AS (VALUES (?,?),(?,?)) …`
fn text(sql: &str, set: &Set<'_>, rows: usize) -> String {
    let names = set.names.join(", ");
    let row = format!("({})", vec!["?"; set.names.len()].join(","));
    let mut text = String::with_capacity(sql.len() + names.len() + (row.len() + 1) * rows + 32);
    let _ = write!(text, "WITH k ({names}) AS (VALUES {row}");
    for _ in 1..rows {
        text.push(',');
        text.push_str(&row);
    }
    let _ = write!(text, ") {sql}");
    text
}

fn prepared<'q>(sql: &'static str, set: &Set<'_>, from: usize, rows: usize) -> Result<Prepared<'q>> {
    let arguments = bound(set, from, rows).map_err(sqlx::Error::Encode)?;
    Ok(sqlx::query_with(
        AssertSqlSafe(cached_text(sql, set, rows)),
        arguments,
    ))
}

/// The texts generated so far, by number of rows and statement, each with the columns that it was generated for.
type Texts = BTreeMap<(usize, &'static str), (Vec<&'static str>, Arc<str>)>;

/// The text of a statement for a chunk. A text for 512 rows is long, and is needed again and again.
pub(super) fn cached_text(sql: &'static str, set: &Set<'_>, rows: usize) -> Arc<str> {
    static TEXTS: LazyLock<Mutex<Texts>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((names, text)) = texts.get(&(rows, sql))
        && *names == set.names
    {
        return Arc::clone(text);
    }
    let made: Arc<str> = text(sql, set, rows).into();
    texts.insert((rows, sql), (set.names.clone(), Arc::clone(&made)));
    made
}

fn bound(set: &Set<'_>, from: usize, rows: usize) -> Result<SqliteArguments, sqlx::error::BoxDynError> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(rows * set.columns.len(), 0);
    // Words and codes repeat from row to row, so each is allocated once.
    let mut last: Vec<Arc<str>> = vec![Arc::default(); set.columns.len()];
    for row in from..from + rows {
        for (column, last) in set.columns.iter().zip(&mut last) {
            match column {
                Column::Uuids(values) => arguments.add(values[row])?,
                Column::Ints(values) => arguments.add(values[row])?,
                Column::Texts(values) => arguments.add(shared(values[row], last))?,
            }
        }
    }
    Ok(arguments)
}

fn shared(value: &str, last: &mut Arc<str>) -> Arc<str> {
    if **last != *value {
        *last = value.into();
    }
    Arc::clone(last)
}

fn with<'q>(mut query: Prepared<'q>, args: &[Arg<'_>]) -> Prepared<'q> {
    for arg in args {
        query = match *arg {
            Arg::Uuid(value) => query.bind(value),
            Arg::Int(value) => query.bind(value),
            Arg::IntOrNull(value) => query.bind(value),
            Arg::Text(value) => query.bind(value.to_owned()),
            Arg::TextOrNull(value) => query.bind(value.map(str::to_owned)),
        };
    }
    query
}
