//! One half of a two-phase commit: a transaction on one server that is prepared, and then committed or rolled back by name.

use std::time::Duration;

use anyhow::{Context as _, Result};
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, PgPool, Postgres};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

/// How long to retry while a server is down.
const ENDS_WITHIN: Duration = Duration::from_mins(1);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(100);
/// PostgreSQL's code for a prepared transaction that does not exist.
const UNKNOWN: &str = "42704";

/// How a prepared transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Commit,
    Rollback,
}

/// A transaction that has changed an account. If dropped before its end, it closes its connection, and the server rolls it back.
pub(super) struct Half<'s> {
    server: &'s PgPool,
    connection: PoolConnection<Postgres>,
    name: String,
    is_open: bool,
}

impl<'s> Half<'s> {
    /// Locks and changes an account; returns the database's answer. Unless the account was changed, the transaction ends here.
    pub(super) async fn begin(
        server: &'s PgPool,
        name: String,
        transfer: Uuid,
        account: u32,
        cents: i64,
    ) -> Result<Result<Self, String>> {
        let mut half = Self {
            server,
            connection: server.acquire().await?,
            name,
            is_open: true,
        };
        sqlx::raw_sql("BEGIN").execute(&mut *half.connection).await?;
        let word: String = sqlx::query_scalar("SELECT move($1, $2, $3)")
            .bind(transfer)
            .bind(i32::try_from(account)?)
            .bind(cents)
            .fetch_one(&mut *half.connection)
            .await?;
        if word == "moved" {
            return Ok(Ok(half));
        }
        half.forget().await?;
        Ok(Err(word))
    }

    /// Rolls back before it is prepared.
    pub(super) async fn forget(mut self) -> Result<()> {
        sqlx::raw_sql("ROLLBACK").execute(&mut *self.connection).await?;
        self.is_open = false;
        Ok(())
    }

    /// Prepares it. From here on it can only be ended by name.
    pub(super) async fn prepare(&mut self) -> Result<()> {
        let prepare = AssertSqlSafe(format!("PREPARE TRANSACTION '{}'", self.name));
        sqlx::raw_sql(prepare).execute(&mut *self.connection).await?;
        Ok(())
    }

    /// Commits it; it must be prepared.
    pub(super) async fn commit(mut self) -> Result<()> {
        let commit = sqlx::raw_sql(statement(End::Commit, &self.name));
        if commit.execute(&mut *self.connection).await.is_ok() {
            self.is_open = false;
            return Ok(());
        }
        end(self.server, End::Commit, &self.name).await
    }

    /// Rolls it back; it may or may not be prepared.
    pub(super) async fn undo(self) -> Result<()> {
        let (server, name) = (self.server, self.name.clone());
        // Closing the connection discards a transaction that is not yet prepared.
        drop(self);
        end(server, End::Rollback, &name).await
    }
}

impl Drop for Half<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.connection.close_on_drop();
        }
    }
}

/// Commits or rolls back a prepared transaction, retrying until the server confirms.
pub(super) async fn end(server: &PgPool, how: End, name: &str) -> Result<()> {
    let deadline = Instant::now() + ENDS_WITHIN;
    loop {
        match sqlx::raw_sql(statement(how, name)).execute(server).await {
            Ok(_) => return Ok(()),
            Err(error) if is_unknown(&error) => return Ok(()),
            Err(error) if Instant::now() > deadline => {
                return Err(error).with_context(|| format!("{name} can't be ended"));
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// These statements take no parameters; the names are our own, made of digits, letters and dots.
fn statement(how: End, name: &str) -> AssertSqlSafe<String> {
    AssertSqlSafe(match how {
        End::Commit => format!("COMMIT PREPARED '{name}'"),
        End::Rollback => format!("ROLLBACK PREPARED '{name}'"),
    })
}

fn is_unknown(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .as_deref()
        == Some(UNKNOWN)
}
