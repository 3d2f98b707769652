//! PostgreSQL servers for the systems that keep accounts in one or two databases; commits are synced, as by default.

use std::ops::Range;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::sync::Mutex;
use wallet_stack::postgres::Postgres;

use crate::system::{Balance, Paid};

/// How many payments run concurrently; the others wait for a connection, as with any pool.
pub const AT_ONCE: u32 = 32;
/// How long a payment may wait for a connection.
const TURN_WITHIN: Duration = Duration::from_mins(1);
/// Required by two-phase commit, and harmless for the others.
const SETTINGS: [&str; 1] = ["max_prepared_transactions=128"];

/// The servers of a system, with connections to each of them.
#[derive(Debug)]
pub struct Servers {
    /// None in a process that did not start them.
    running: Mutex<Vec<Postgres>>,
    urls: Vec<String>,
    pools: Vec<PgPool>,
}

impl Servers {
    /// Starts `count` servers with this schema.
    pub async fn start(count: usize, schema: &'static str, connections: u32) -> Result<Self> {
        let mut running = Vec::new();
        for _ in 0..count {
            running.push(Postgres::with(&SETTINGS).await?);
        }
        let urls: Vec<String> = running.iter().map(|server| server.url() + "postgres").collect();
        let servers = Self {
            running: Mutex::new(running),
            ..Self::attach(&urls, connections)?
        };
        for pool in &servers.pools {
            sqlx::raw_sql(schema)
                .execute(pool)
                .await
                .context("the schema can't be created")?;
        }
        Ok(servers)
    }

    /// Connects to running servers.
    pub fn attach(urls: &[String], connections: u32) -> Result<Self> {
        let pool = |url: &String| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(TURN_WITHIN)
                .connect_lazy(url)
        };
        let pools = urls.iter().map(pool).collect::<Result<_, _>>();
        Ok(Self {
            running: Mutex::default(),
            urls: urls.to_vec(),
            pools: pools.context("invalid server URL")?,
        })
    }

    /// Connections to the server of an account: with two servers, even numbers are on the first and odd ones on the second.
    pub fn of(&self, account: u32) -> &PgPool {
        &self.pools[account as usize % self.pools.len()]
    }

    /// Connections to each server.
    pub fn all(&self) -> &[PgPool] {
        &self.pools
    }

    /// Their addresses.
    pub fn urls(&self) -> Vec<String> {
        self.urls.clone()
    }

    /// Their process ids.
    pub async fn pids(&self) -> Vec<u32> {
        self.running
            .lock()
            .await
            .iter()
            .filter_map(Postgres::pid)
            .collect()
    }

    /// Fills the table `account (id, available)`.
    pub async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()> {
        for (number, pool) in self.pools.iter().enumerate() {
            let (servers, number) = (i32::try_from(self.pools.len())?, i32::try_from(number)?);
            sqlx::query(
                "INSERT INTO account (id, available)
                 SELECT id, $3 FROM generate_series($1, $2) AS id WHERE id % $4 = $5",
            )
            .bind(i32::try_from(accounts.start)?)
            .bind(i32::try_from(accounts.end)? - 1)
            .bind(cents)
            .bind(servers)
            .bind(number)
            .execute(pool)
            .await?;
        }
        Ok(())
    }

    /// Reads `(id, available, held)` with a query whose parameters are the first and the last account.
    pub async fn balances(&self, query: &'static str, accounts: Range<u32>) -> Result<Vec<Balance>> {
        let mut all = vec![Balance::default(); accounts.len()];
        for pool in &self.pools {
            let rows: Vec<(i32, i64, i64)> = sqlx::query_as(query)
                .bind(i32::try_from(accounts.start)?)
                .bind(i32::try_from(accounts.end)? - 1)
                .fetch_all(pool)
                .await?;
            for (id, available, held) in rows {
                let index = usize::try_from(id)? - accounts.start as usize;
                all[index] = Balance {
                    available,
                    held,
                    in_transit: 0,
                };
            }
        }
        Ok(all)
    }

    /// Kills the last server with SIGKILL.
    pub async fn kill(&self) -> Result<&'static str> {
        let mut running = self.running.lock().await;
        let last = running.last_mut().context("no server was started here")?;
        last.kill().await.map(|()| "PostgreSQL")
    }

    /// Restarts it on its stored data.
    pub async fn start_again(&self) -> Result<()> {
        let mut running = self.running.lock().await;
        running
            .last_mut()
            .context("no server was started here")?
            .start_again()
            .await
    }

    /// Stops all of them.
    pub async fn stop(self) -> Result<()> {
        for server in self.running.into_inner() {
            server.stop().await?;
        }
        Ok(())
    }
}

/// The end of a payment, from the word that a database function returns.
pub fn ended(word: &str) -> Result<Paid> {
    match word {
        "settled" => Ok(Paid::Settled),
        "known" => Ok(Paid::Known),
        "refused" => Ok(Paid::Refused),
        other => bail!("a payment ended in {other:?}"),
    }
}
