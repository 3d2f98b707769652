//! Statements on PostgreSQL.

use std::fmt::Write as _;

use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres};

use super::error::Result;
use super::servers::Connection;
use super::set::{Arg, Column, Row, Set};

/// The database's clock, microseconds since 1970.
const NOW_US: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

type Prepared<'q> = Query<'q, Postgres, PgArguments>;

pub(super) async fn command(db: &mut Connection, sql: &'static str) -> Result<()> {
    let done = sqlx::query(sql).execute(&mut *db.held).await;
    Ok(db.checked(done.map(|_| ()))?)
}

pub(super) async fn select(db: &mut Connection, sql: &str, set: Set<'_>) -> Result<Vec<Row>> {
    let text = text(sql, &set);
    fetch(db, bound(sqlx::query(AssertSqlSafe(text)), set)).await
}

pub(super) async fn execute(db: &mut Connection, sql: &str, args: &[Arg<'_>]) -> Result<u64> {
    let statement = with(sqlx::query(AssertSqlSafe(timed(sql))), args);
    let done = statement.execute(&mut *db.held).await;
    Ok(db.checked(done.map(|done| done.rows_affected()))?)
}

pub(super) async fn query(db: &mut Connection, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>> {
    fetch(db, with(sqlx::query(AssertSqlSafe(timed(sql))), args)).await
}

/// Inserts the expression for the database's clock into a statement.
pub(super) fn timed(sql: &str) -> String {
    sql.replace("{now_us}", NOW_US)
}

pub(super) async fn fetch(db: &mut Connection, statement: Prepared<'_>) -> Result<Vec<Row>> {
    let rows = statement.fetch_all(&mut *db.held).await;
    Ok(db.checked(rows.map(|rows| rows.into_iter().map(Row::Postgres).collect()))?)
}

/// `WITH k (a, b) AS (SELECT * FROM UNNEST($1::uuid[], $2::text[])) …`
fn text(sql: &str, set: &Set<'_>) -> String {
    let mut arrays = String::new();
    for (number, column) in (1..).zip(&set.columns) {
        let kind = match column {
            Column::Uuids(_) => "uuid",
            Column::Ints(_) => "bigint",
            Column::Texts(_) => "text",
        };
        let comma = if number == 1 { "" } else { ", " };
        let _ = write!(arrays, "{comma}${number}::{kind}[]");
    }
    format!(
        "WITH k ({}) AS (SELECT * FROM UNNEST({arrays})) {sql}",
        set.names.join(", ")
    )
}

fn bound<'q>(mut query: Prepared<'q>, set: Set<'q>) -> Prepared<'q> {
    for column in set.columns {
        query = match column {
            Column::Uuids(values) => query.bind(values),
            Column::Ints(values) => query.bind(values),
            Column::Texts(values) => query.bind(values),
        };
    }
    query
}

pub(super) fn with<'q>(mut query: Prepared<'q>, args: &[Arg<'q>]) -> Prepared<'q> {
    for arg in args {
        query = match *arg {
            Arg::Uuid(value) => query.bind(value),
            Arg::Int(value) => query.bind(value),
            Arg::IntOrNull(value) => query.bind(value),
            Arg::Text(value) => query.bind(value),
            Arg::TextOrNull(value) => query.bind(value),
        };
    }
    query
}
