//! The PostgreSQL servers listed in a URL, and connections to the one that accepts writes.
//!
//! A connection made before a failover may now lead to a read-only standby: it reads happily and fails every write, for as long as it
//! is kept. So an error that indicates the wrong server closes its connection, retires all connections made until then, and triggers
//! a new search for the primary before the next one is taken.

use std::str::FromStr as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::time::{Instant, timeout};
use wallet_contract::hosts;

use super::error::Result;
use super::limits::{CONNECTIONS, WAIT};
use super::session::{self, Unfit};

/// How long the check of a server may take.
const CHECK_WITHIN: Duration = Duration::from_secs(3);

/// Connections to whichever of a URL's servers accepts writes.
#[derive(Debug)]
pub struct Servers {
    each: Vec<PgConnectOptions>,
    schema: String,
    pool: PgPool,
    /// Connections made before this are closed instead of reused.
    retired_at: Arc<Mutex<Instant>>,
    /// Whether the primary must be searched for before a connection is taken.
    primary_unknown: AtomicBool,
    /// One task searches; the others wait for its result.
    search: tokio::sync::Mutex<()>,
}

/// A connection, and the servers it belongs to.
#[derive(Debug)]
pub struct Connection {
    pub(super) held: PoolConnection<Postgres>,
    servers: Arc<Servers>,
}

impl Servers {
    /// The servers listed in a URL. Does not connect yet.
    pub(super) fn named(url: &str, schema: String) -> sqlx::Result<Self> {
        let each: Vec<PgConnectOptions> = hosts::each(url)
            .iter()
            .map(|url| {
                Ok(PgConnectOptions::from_str(url)?
                    .statement_cache_capacity(256)
                    .extra_float_digits(None))
            })
            .collect::<sqlx::Result<_>>()?;
        let retired_at = Arc::new(Mutex::new(Instant::now()));
        let (kept_since, set_up) = (Arc::clone(&retired_at), schema.clone());
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(WAIT)
            .after_connect(move |db, _| {
                let schema = set_up.clone();
                Box::pin(async move { session::begin(db, &schema).await })
            })
            .before_acquire(move |_, meta| {
                let retired_at = *kept_since.lock().unwrap_or_else(PoisonError::into_inner);
                let is_kept = meta.age < retired_at.elapsed();
                Box::pin(async move { Ok(is_kept) })
            })
            .connect_lazy_with(each[0].clone());
        Ok(Self {
            each,
            schema,
            pool,
            retired_at,
            primary_unknown: AtomicBool::new(true),
            search: tokio::sync::Mutex::new(()),
        })
    }

    /// The pool, for uses that need no [`Connection`].
    pub(super) fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Takes a connection to the primary.
    pub(super) async fn acquire(self: &Arc<Self>) -> Result<Connection> {
        self.look().await?;
        let held = self.pool.acquire().await.inspect_err(|error| {
            if is_misplaced(error) {
                self.retire();
            }
            self.primary_unknown.store(true, Ordering::Release);
        })?;
        Ok(Connection {
            held,
            servers: Arc::clone(self),
        })
    }

    /// Finds the server that accepts writes; if none does, the error says why for each.
    pub(super) async fn look(&self) -> sqlx::Result<()> {
        let _others_wait = self.search.lock().await;
        if !self.primary_unknown.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut wrong = Vec::new();
        for server in &self.each {
            let verdict = match timeout(CHECK_WITHIN, session::check(server, &self.schema)).await {
                Ok(verdict) => verdict,
                Err(_) => Err(Unfit::NoReply(CHECK_WITHIN)),
            };
            match verdict {
                Ok(()) => {
                    self.pool.set_connect_options(server.clone());
                    self.primary_unknown.store(false, Ordering::Release);
                    return Ok(());
                }
                Err(unfit) => wrong.push(format!("{}:{}: {unfit}", server.get_host(), server.get_port())),
            }
        }
        Err(sqlx::Error::Configuration(wrong.join("; ").into()))
    }

    fn retire(&self) {
        *self.retired_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.primary_unknown.store(true, Ordering::Release);
    }
}

impl Connection {
    /// Passes on the result of a statement. If it is an error that indicates the wrong server, the connection is not used again.
    pub(super) fn checked<T>(&mut self, done: sqlx::Result<T>) -> sqlx::Result<T> {
        if done.as_ref().is_err_and(is_misplaced) {
            self.held.close_on_drop();
            self.servers.retire();
        }
        done
    }
}

/// Whether an error means that a connection leads to no server, or to one that does not accept writes (any more).
///
/// By PostgreSQL's SQLSTATE: a read-only transaction (25006), an operator's intervention such as a shutdown (57P..), a connection
/// exception (08...).
fn is_misplaced(error: &sqlx::Error) -> bool {
    if let sqlx::Error::Database(error) = error {
        let code = error.code().unwrap_or_default();
        return code == "25006" || code.starts_with("57P") || code.starts_with("08");
    }
    matches!(
        error,
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_)
    )
}
