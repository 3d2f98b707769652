//! The PostgreSQL servers that a URL names, and connections to the one that takes writes.
//!
//! A connection that was made before a failover may lead to what is now a read-only standby: it reads happily and fails every
//! write, for as long as it is kept. So an error that says "this is not the place" closes its connection, retires all that
//! were made until then, and has the primary looked for again before the next one is taken.

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

/// How long a server may take to be found fit.
const KNOCK: Duration = Duration::from_secs(3);

/// Connections to whichever of a URL's servers takes writes.
#[derive(Debug)]
pub struct Servers {
    each: Vec<PgConnectOptions>,
    schema: String,
    pool: PgPool,
    /// Connections made before this are closed rather than used again.
    retired_at: Arc<Mutex<Instant>>,
    /// Whether the primary has to be looked for before a connection is taken.
    unsure: AtomicBool,
    /// One looks, the others wait for what it finds.
    looking: tokio::sync::Mutex<()>,
}

/// A connection, and the servers it is one of.
#[derive(Debug)]
pub struct Connection {
    pub(super) held: PoolConnection<Postgres>,
    servers: Arc<Servers>,
}

impl Servers {
    /// The servers of a URL; nothing is connected yet.
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
            unsure: AtomicBool::new(true),
            looking: tokio::sync::Mutex::new(()),
        })
    }

    /// The connections, for what needs no [`Connection`].
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
            self.unsure.store(true, Ordering::Release);
        })?;
        Ok(Connection {
            held,
            servers: Arc::clone(self),
        })
    }

    /// Makes sure which server takes writes; says of each why it is not the one, if none is.
    pub(super) async fn look(&self) -> sqlx::Result<()> {
        let _others_wait = self.looking.lock().await;
        if !self.unsure.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut wrong = Vec::new();
        for server in &self.each {
            let verdict = match timeout(KNOCK, session::check(server, &self.schema)).await {
                Ok(verdict) => verdict,
                Err(_) => Err(Unfit::Silent(KNOCK)),
            };
            match verdict {
                Ok(()) => {
                    self.pool.set_connect_options(server.clone());
                    self.unsure.store(false, Ordering::Release);
                    return Ok(());
                }
                Err(unfit) => wrong.push(format!("{}:{}: {unfit}", server.get_host(), server.get_port())),
            }
        }
        Err(sqlx::Error::Configuration(wrong.join("; ").into()))
    }

    fn retire(&self) {
        *self.retired_at.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.unsure.store(true, Ordering::Release);
    }
}

impl Connection {
    /// Gives a statement's result back; after an error that says that this is not the place, the connection is not used again.
    pub(super) fn judged<T>(&mut self, done: sqlx::Result<T>) -> sqlx::Result<T> {
        if done.as_ref().is_err_and(is_misplaced) {
            self.held.close_on_drop();
            self.servers.retire();
        }
        done
    }
}

/// Whether an error says that a connection leads to no server, or to one that takes no writes (any more).
///
/// PostgreSQL's SQLSTATEs: a read-only transaction (25006), an operator's intervention such as a shutdown (57P..), a connection
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
