//! Two PostgreSQL servers and two-phase commit: each half is prepared on its server, the decision is written to the coordinator's
//! log, then both are committed.
//!
//! It is always correct. But from PREPARE to COMMIT PREPARED the rows are locked, and only this coordinator knows the decision:
//! if it dies in between, they stay locked until it has been restarted with its log, even across restarts of PostgreSQL.
//!
//! Rows are locked in the order of the account numbers, because no server can detect a deadlock across two. A payment within one
//! server takes the same path, since the comparison is about payments across servers.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use futures_util::future::{join, try_join, try_join_all};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::decisions::{self, Decisions};
use super::half::{End, Half, end};
use crate::kind::Kind;
use crate::paying;
use crate::program::Programs;
use crate::servers::postgres::{AT_ONCE, Servers, ended};
use crate::stop::Stop;
use crate::system::{Balance, Paid, Payment, System};

/// Where the coordinator can die, other than before anything has happened.
pub const POINTS: [&str; 4] = ["locked", "prepared", "decided", "half committed"];
/// A payment uses two connections of a server if both accounts are on it.
const CONNECTIONS: u32 = 2 * AT_ONCE;

/// A coordinator with its servers.
#[derive(Debug)]
pub struct TwoPhaseCommit {
    servers: Servers,
    /// The prefix of this coordinator's transaction names, and the name of its log.
    name: String,
    log: Decisions,
    logs: PathBuf,
    turns: Semaphore,
    programs: Programs,
    _own_logs: Option<TempDir>,
}

impl TwoPhaseCommit {
    /// Starts two servers and a coordinator.
    pub async fn start(programs: Programs) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("wallet-coordinator-").tempdir()?;
        let servers = Servers::start(2, include_str!("two_phase_commit.sql"), CONNECTIONS).await?;
        let coordinator = Self::on(servers, dir.path(), programs)?;
        Ok(Self {
            _own_logs: Some(dir),
            ..coordinator
        })
    }

    /// A further coordinator, with a log of its own.
    pub fn attach(programs: Programs, way: &[String]) -> Result<Self> {
        let (logs, urls) = way.split_last().context("the logs' folder comes last")?;
        Self::on(Servers::attach(urls, CONNECTIONS)?, Path::new(logs), programs)
    }

    fn on(servers: Servers, logs: &Path, programs: Programs) -> Result<Self> {
        let name = wallet_client::clock::new_id().0.simple().to_string();
        Ok(Self {
            servers,
            log: Decisions::open(&logs.join(&name))?,
            name,
            logs: logs.to_owned(),
            turns: Semaphore::new(AT_ONCE as usize),
            programs,
            _own_logs: None,
        })
    }

    async fn begin(
        &self,
        transaction: &str,
        payment: &Payment,
        account: u32,
    ) -> Result<Result<Half<'_>, String>> {
        let cents = if account == payment.payer {
            -payment.cents
        } else {
            payment.cents
        };
        let name = format!("{transaction}.{account}");
        Half::begin(self.servers.of(account), name, payment.id, account, cents).await
    }

    /// Ends the transactions that a dead coordinator has left prepared, according to its log.
    async fn end_all_of(&self, coordinator: &str) -> Result<()> {
        let decided = decisions::read(&self.logs.join(coordinator))?;
        for server in self.servers.all() {
            let left: Vec<String> =
                sqlx::query_scalar("SELECT gid FROM pg_prepared_xacts WHERE starts_with(gid, $1)")
                    .bind(coordinator)
                    .fetch_all(server)
                    .await?;
            for name in left {
                let transaction = name.rsplit_once('.').map_or("", |(transaction, _)| transaction);
                let how = if decided.contains(transaction) {
                    End::Commit
                } else {
                    End::Rollback
                };
                end(server, how, &name).await?;
            }
        }
        Ok(())
    }
}

#[async_trait(?Send)]
impl System for TwoPhaseCommit {
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()> {
        self.servers.open(accounts, cents).await
    }

    async fn pay(&self, payment: &Payment, stop: &Stop) -> Result<Paid> {
        let _turn = self.turns.acquire().await?;
        let transaction = format!("{}.{}", self.name, payment.id.simple());
        let mut accounts = [payment.payer, payment.payee];
        accounts.sort_unstable();
        let mut first = match self.begin(&transaction, payment, accounts[0]).await? {
            Ok(first) => first,
            Err(word) => return ended(&word),
        };
        let mut second = match self.begin(&transaction, payment, accounts[1]).await? {
            Ok(second) => second,
            Err(word) => {
                first.forget().await?;
                return ended(&word);
            }
        };
        stop.at("locked").await;
        // Wait for both results: a transaction that is prepared after its rollback would never end.
        let (one, other) = join(first.prepare(), second.prepare()).await;
        if let Err(error) = one.and(other) {
            try_join(first.undo(), second.undo()).await?;
            return Err(error);
        }
        stop.at("prepared").await;
        self.log.commit(&transaction).await?;
        stop.at("decided").await;
        let first = async {
            first.commit().await?;
            stop.at("half committed").await;
            Ok(())
        };
        try_join(first, stop.unless("half committed", second.commit())).await?;
        Ok(Paid::Settled)
    }

    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>> {
        let query = "SELECT id, available, 0::bigint FROM account WHERE id BETWEEN $1 AND $2";
        self.servers.balances(query, accounts).await
    }

    fn way(&self) -> Vec<String> {
        let mut way = self.servers.urls();
        way.push(self.logs.display().to_string());
        way
    }

    async fn pids(&self) -> Vec<u32> {
        self.servers.pids().await
    }

    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()> {
        paying::kill_at(&self.programs, Kind::TwoPhaseCommit, self, point, payment).await
    }

    async fn recover(&self) -> Result<()> {
        let logs = std::fs::read_dir(&self.logs).context("the logs' folder can't be read")?;
        let names = logs.filter_map(|log| log.ok()?.file_name().into_string().ok());
        let dead: Vec<String> = names.filter(|name| *name != self.name).collect();
        try_join_all(dead.iter().map(|name| self.end_all_of(name))).await?;
        Ok(())
    }

    async fn kill_node(&self) -> Result<&'static str> {
        self.servers.kill().await
    }

    async fn start_node(&self) -> Result<()> {
        self.servers.start_again().await
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        self.servers.stop().await
    }
}
