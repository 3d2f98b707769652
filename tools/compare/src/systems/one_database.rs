//! One PostgreSQL database, one function call for each payment: the simplest correct solution.
//!
//! A transaction is all or nothing, so there is no point at which a death does harm. It is one database: the speed of one
//! machine, the disk of one machine, one single point of failure.

use std::ops::Range;

use anyhow::Result;
use async_trait::async_trait;

use crate::kind::Kind;
use crate::paying;
use crate::program::Programs;
use crate::servers::postgres::{AT_ONCE, Servers, ended};
use crate::stop::Stop;
use crate::system::{Balance, Paid, Payment, System};

/// Where the paying process can die, other than before anything has happened.
pub const POINTS: [&str; 1] = ["paid, reply lost"];

/// The database, with its connections.
#[derive(Debug)]
pub struct OneDatabase {
    servers: Servers,
    programs: Programs,
}

impl OneDatabase {
    /// Starts the database.
    pub async fn start(programs: Programs) -> Result<Self> {
        let servers = Servers::start(1, include_str!("one_database.sql"), AT_ONCE).await?;
        Ok(Self { servers, programs })
    }

    /// Connects to a running one.
    pub fn attach(programs: Programs, way: &[String]) -> Result<Self> {
        let servers = Servers::attach(way, AT_ONCE)?;
        Ok(Self { servers, programs })
    }
}

#[async_trait(?Send)]
impl System for OneDatabase {
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()> {
        self.servers.open(accounts, cents).await
    }

    async fn pay(&self, payment: &Payment, stop: &Stop) -> Result<Paid> {
        let word: String = sqlx::query_scalar("SELECT pay($1, $2, $3, $4)")
            .bind(payment.id)
            .bind(i32::try_from(payment.payer)?)
            .bind(i32::try_from(payment.payee)?)
            .bind(payment.cents)
            .fetch_one(self.servers.of(payment.payer))
            .await?;
        stop.at("paid, reply lost").await;
        ended(&word)
    }

    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>> {
        let query = "SELECT id, available, 0::bigint FROM account WHERE id BETWEEN $1 AND $2";
        self.servers.balances(query, accounts).await
    }

    fn way(&self) -> Vec<String> {
        self.servers.urls()
    }

    async fn pids(&self) -> Vec<u32> {
        self.servers.pids().await
    }

    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()> {
        paying::kill_at(&self.programs, Kind::OneDatabase, self, point, payment).await
    }

    async fn recover(&self) -> Result<()> {
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
