//! A connection to one shard's database, SQLite or PostgreSQL.

use sqlx::pool::PoolConnection;
use wallet_kernel::Table;
use wallet_kernel::table::Cells;

use super::error::{Error, Result};
use super::local::Local;
use super::servers::Connection;
use super::set::{Arg, Row, Set};
use super::{postgres, sqlite};

/// A connection to one shard's database.
#[derive(Debug)]
pub enum Db {
    /// SQLite.
    Sqlite(PoolConnection<sqlx::Sqlite>),
    /// PostgreSQL.
    Postgres(Connection),
    /// SQLite, on a loop's own connection.
    Local(Local),
}

impl Db {
    /// Begins a read transaction, which sees one consistent snapshot whatever is written meanwhile. It ends with
    /// [`Db::roll_back`].
    pub async fn begin_reading(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(db) => sqlite::command(db, "BEGIN DEFERRED").await,
            Self::Local(db) => Ok(db.command("BEGIN DEFERRED")?),
            Self::Postgres(db) => {
                postgres::command(db, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await
            }
        }
    }

    /// Ends the transaction. A connection that can't do that is unusable, and its next use returns an error.
    pub async fn roll_back(&mut self) {
        let undone = match self {
            Self::Sqlite(db) => sqlite::command(db, "ROLLBACK").await,
            Self::Local(db) => db.command("ROLLBACK").map_err(Error::from),
            Self::Postgres(db) => postgres::command(db, "ROLLBACK").await,
        };
        if let Err(error) = undone {
            tracing::debug!(%error, "nothing to roll back: {error}");
        }
    }

    /// Queries with a set, `k`.
    pub async fn select(&mut self, sql: &'static str, set: Set<'_>) -> Result<Vec<Row>> {
        match self {
            _ if set.is_empty() => Ok(Vec::new()),
            Self::Sqlite(db) => sqlite::select(db, sql, &set).await,
            Self::Postgres(db) => postgres::select(db, sql, set).await,
            Self::Local(db) => Ok(local_rows(db.select(sql, &set)?)),
        }
    }

    /// The rows of a table that satisfy a condition with parameters `$1`, `$2`, …; the condition may end with ORDER BY.
    pub async fn table<T: Table>(
        &mut self,
        condition: &str,
        args: &[Arg<'_>],
    ) -> Result<Vec<(T::Key, T::Row)>> {
        let shape = T::SHAPE;
        let names: Vec<&str> = shape.columns.iter().map(|column| column.name).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE {condition}",
            names.join(", "),
            shape.name
        );
        let rows = self.query(&sql, args).await?;
        let read = rows.iter().map(|row| {
            let cells = row.cells(shape.columns)?;
            T::read(&mut Cells::new(shape.columns, &cells)).map_err(Error::unreadable)
        });
        read.collect()
    }

    /// Runs a statement with parameters `$1`, `$2`, …; returns the number of rows written. `{now_us}` is the database's clock.
    pub async fn execute(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite(db) => sqlite::execute(db, sql, args).await,
            Self::Postgres(db) => postgres::execute(db, sql, args).await,
            Self::Local(db) => Ok(db.execute(sql, args)?),
        }
    }

    /// Queries with parameters `$1`, `$2`, ….
    pub async fn query(&mut self, sql: &str, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(db) => sqlite::query(db, sql, args).await,
            Self::Postgres(db) => postgres::query(db, sql, args).await,
            Self::Local(db) => Ok(local_rows(db.query(sql, args)?)),
        }
    }
}

fn local_rows(rows: Vec<Vec<wallet_kernel::Cell>>) -> Vec<Row> {
    rows.into_iter().map(Row::Local).collect()
}
