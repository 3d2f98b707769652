//! One SQL text for SQLite and PostgreSQL, and statements that work on sets of rows.
//!
//! A set is columns of equal length. A statement reads it as the table `k`: `INSERT INTO t (a) SELECT a FROM k`. On
//! PostgreSQL that is one `UNNEST` of arrays; on SQLite it is `VALUES` in chunks of a few fixed sizes, so that each stays a
//! cached prepared statement. Values only ever travel as bound parameters.

mod checkpoint;
mod connect;
mod hint;
mod postgres;
mod schema;
mod servers;
mod session;
mod set;
mod sqlite;

pub use connect::{Pool, Target};
pub use hint::hint;
pub use schema::Migration;
pub use servers::Connection;
pub use set::{Arg, Column, Row, Set};

use sqlx::pool::PoolConnection;

/// A connection to one shard's database.
#[derive(Debug)]
pub enum Db {
    /// SQLite.
    Sqlite(PoolConnection<sqlx::Sqlite>),
    /// PostgreSQL.
    Postgres(Connection),
}

impl Db {
    /// Makes it the connection of a loop: on SQLite its page cache holds the rows that a batch touches.
    pub async fn works(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(db) => sqlite::command(db, "PRAGMA cache_size = -8192").await,
            Self::Postgres(_) => Ok(()),
        }
    }

    /// Begins a transaction that will write.
    pub async fn begin(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(db) => sqlite::command(db, "BEGIN IMMEDIATE").await,
            Self::Postgres(db) => postgres::command(db, "BEGIN").await,
        }
    }

    /// Begins a transaction that reads one state of everything, whatever is written meanwhile. It ends with
    /// [`Db::roll_back`].
    pub async fn begin_reading(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(db) => sqlite::command(db, "BEGIN DEFERRED").await,
            Self::Postgres(db) => {
                postgres::command(db, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await
            }
        }
    }

    /// Makes it durable.
    pub async fn commit(&mut self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(db) => sqlite::command(db, "COMMIT").await,
            Self::Postgres(db) => postgres::command(db, "COMMIT").await,
        }
    }

    /// Undoes what was not committed; a connection that can't is of no use any more, and says so at its next use.
    pub async fn roll_back(&mut self) {
        let undone = match self {
            Self::Sqlite(db) => sqlite::command(db, "ROLLBACK").await,
            Self::Postgres(db) => postgres::command(db, "ROLLBACK").await,
        };
        if let Err(error) = undone {
            tracing::debug!(%error, "nothing to roll back: {error}");
        }
    }

    /// Runs a statement over a set, `k`; the number of rows that it wrote.
    pub async fn apply(&mut self, sql: &'static str, set: Set<'_>) -> sqlx::Result<u64> {
        match self {
            _ if set.is_empty() => Ok(0),
            Self::Sqlite(db) => sqlite::apply(db, sql, &set).await,
            Self::Postgres(db) => postgres::apply(db, sql, set).await,
        }
    }

    /// Queries with a set, `k`.
    pub async fn select(&mut self, sql: &'static str, set: Set<'_>) -> sqlx::Result<Vec<Row>> {
        match self {
            _ if set.is_empty() => Ok(Vec::new()),
            Self::Sqlite(db) => sqlite::select(db, sql, &set).await,
            Self::Postgres(db) => postgres::select(db, sql, set).await,
        }
    }

    /// Runs a statement with `$1`, `$2`, …; the number of rows that it wrote. `{now_us}` is the database's clock.
    pub async fn execute(&mut self, sql: &str, args: &[Arg<'_>]) -> sqlx::Result<u64> {
        match self {
            Self::Sqlite(db) => sqlite::execute(db, sql, args).await,
            Self::Postgres(db) => postgres::execute(db, sql, args).await,
        }
    }

    /// Queries with `$1`, `$2`, ….
    pub async fn query(&mut self, sql: &str, args: &[Arg<'_>]) -> sqlx::Result<Vec<Row>> {
        match self {
            Self::Sqlite(db) => sqlite::query(db, sql, args).await,
            Self::Postgres(db) => postgres::query(db, sql, args).await,
        }
    }
}
