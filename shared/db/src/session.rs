//! A PostgreSQL session: its settings, and a check that the server, or a pooler in front of it, preserves them.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Row as _};

/// An instance that is stopped in the middle of a transaction keeps its locks, including the one on the lease. Our code never pauses
/// that long between two statements, so PostgreSQL may end such a session, and a stand-by can take over.
const ABANDONED_MS: u32 = 3000;

/// Why a server can't be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unfit {
    /// No session could be opened.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// The server did not answer.
    #[error("no reply within {0:?}")]
    NoReply(Duration),
    /// The server is a replica.
    #[error(
        "it is a read-only standby: name the primary, or all servers, as in postgres://user@one,other/database"
    )]
    Standby,
    /// Statements of one session reach several backends.
    #[error(
        "a pooler in front of PostgreSQL spreads one session's statements over several backends: use session pooling \
         (PgBouncer: pool_mode = session), or connect directly"
    )]
    SharedSession,
    /// The session does not keep its settings.
    #[error(
        "the session's search_path is {0:?} right after it was set: a pooler in front of PostgreSQL must keep session \
         settings (PgBouncer: pool_mode = session), or connect directly"
    )]
    SearchPath(String),
}

/// Sets up a new session for statements on the tables of `schema`.
///
/// Every statement of ours goes through an index, and the planner, which has no statistics on a new table, must not guess otherwise.
/// Commits do not wait for the disk: what a crash of the server loses is in the log, and is applied again at the next start.
/// The settings are statements, not startup parameters, which poolers refuse or drop.
pub(super) async fn begin(db: &mut PgConnection, schema: &str) -> sqlx::Result<()> {
    let settings = format!(
        "SET search_path = {schema}; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; \
         SET enable_seqscan = off; SET jit = off; SET synchronous_commit = off; SET idle_in_transaction_session_timeout = {ABANDONED_MS}; \
         SET plan_cache_mode = force_generic_plan"
    );
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(db).await?;
    Ok(())
}

/// Checks, before anything is written, that a server accepts writes, and that a session there keeps its settings and its prepared
/// statements.
///
/// Meanwhile a second session is kept inside a transaction, so that a pooler which shares backends between sessions mixes them up.
pub(super) async fn check(server: &PgConnectOptions, schema: &str) -> Result<(), Unfit> {
    let mut one = server.connect().await?;
    begin(&mut one, schema).await?;
    let mark: String = sqlx::query("SELECT set_config('wallet.session', clock_timestamp()::text, false)")
        .fetch_one(&mut one)
        .await?
        .try_get(0)?;
    let mut other = server.connect().await?;
    sqlx::raw_sql("BEGIN").execute(&mut other).await?;
    let found = [
        marked(&mut other).await,
        marked(&mut one).await,
        marked(&mut one).await,
    ];
    let [theirs, ours, again] = found.map(|found| found.map_err(mixed));
    let (theirs, ours, again) = (theirs?, ours?, again?);
    let path = again.search_path.clone();
    let verdict = match () {
        () if theirs.mark == mark || [&ours, &again].iter().any(|session| session.mark != mark) => {
            Err(Unfit::SharedSession)
        }
        () if path != schema => Err(Unfit::SearchPath(path)),
        () if again.is_standby => Err(Unfit::Standby),
        () => Ok(()),
    };
    // A session that can't be closed can't do anything else either; the next statement reports that.
    let _ = tokio::join!(one.close(), other.close());
    verdict
}

/// The state of a session, as it sees it.
struct Session {
    mark: String,
    search_path: String,
    is_standby: bool,
}

async fn marked(db: &mut PgConnection) -> sqlx::Result<Session> {
    let sql = "SELECT coalesce(current_setting('wallet.session', true), ''), current_setting('search_path'), pg_is_in_recovery()";
    let row = sqlx::query(sql).fetch_one(db).await?;
    Ok(Session {
        mark: row.try_get(0)?,
        search_path: row.try_get(1)?,
        is_standby: row.try_get(2)?,
    })
}

/// A prepared statement that already exists, or no longer exists, belongs to another session.
fn mixed(error: sqlx::Error) -> Unfit {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    match code.as_deref() {
        Some("42P05" | "26000") => Unfit::SharedSession,
        Some(_) | None => Unfit::Sql(error),
    }
}
