//! Redis Cluster: an account is a key, and its hash slot determines its master.
//!
//! A payment is a decrement on one master and an increment on another. Each is atomic; nothing makes both one, because MULTI and
//! scripts work within one slot only. The paying code returns the money if the second half fails, and that is all it can do,
//! since it may die itself, or may not learn whether the second half arrived. The commands have no ids, so a repeat pays again.

use std::ops::Range;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use futures_util::future::try_join_all;
use redis::AsyncCommands as _;

use crate::kind::Kind;
use crate::paying;
use crate::program::Programs;
use crate::servers::masters::Masters;
use crate::stop::Stop;
use crate::system::{Balance, Paid, Payment, System};

/// Where the paying process can die, other than before anything has happened.
pub const POINTS: [&str; 2] = ["debited", "credited, reply lost"];

/// The masters, with their connection.
pub struct RedisCluster {
    masters: Masters,
    programs: Programs,
}

fn key(account: u32) -> String {
    format!("balance:a{account:04}")
}

impl RedisCluster {
    /// Starts three masters.
    pub async fn start(programs: Programs) -> Result<Self> {
        Ok(Self::on(Masters::start().await?, programs))
    }

    /// Connects to running masters.
    pub async fn attach(programs: Programs, way: &[String]) -> Result<Self> {
        Ok(Self::on(Masters::attach(way).await?, programs))
    }

    fn on(masters: Masters, programs: Programs) -> Self {
        Self { masters, programs }
    }
}

#[async_trait(?Send)]
impl System for RedisCluster {
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()> {
        let set = async |account| self.masters.connection().set(key(account), cents).await;
        try_join_all(accounts.map(set)).await.map(|_: Vec<()>| ())?;
        Ok(())
    }

    async fn pay(&self, payment: &Payment, stop: &Stop) -> Result<Paid> {
        let (payer, payee, cents) = (key(payment.payer), key(payment.payee), payment.cents);
        let mut redis = self.masters.connection();
        let left: i64 = redis.decr(&payer, cents).await.context("the debit failed")?;
        if left < 0 {
            let _: i64 = redis
                .incr(&payer, cents)
                .await
                .context("the refused debit can't be undone")?;
            return Ok(Paid::Refused);
        }
        stop.at("debited").await;
        let credited: Result<i64, _> = redis.incr(&payee, cents).await;
        if let Err(error) = credited {
            let _: i64 = redis
                .incr(&payer, cents)
                .await
                .context("the debit can't be undone")?;
            return Err(error).context("the credit failed, or its reply was lost");
        }
        stop.at("credited, reply lost").await;
        Ok(Paid::Settled)
    }

    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>> {
        let get = async |account| self.masters.connection().get(key(account)).await;
        let read: Vec<i64> = try_join_all(accounts.map(get)).await?;
        let balance = |available| Balance {
            available,
            ..Balance::default()
        };
        Ok(read.into_iter().map(balance).collect())
    }

    fn way(&self) -> Vec<String> {
        self.masters.urls()
    }

    async fn pids(&self) -> Vec<u32> {
        self.masters.pids().await
    }

    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()> {
        paying::kill_at(&self.programs, Kind::RedisCluster, self, point, payment).await
    }

    async fn recover(&self) -> Result<()> {
        // No record says that a payment was in progress.
        Ok(())
    }

    async fn kill_node(&self) -> Result<&'static str> {
        self.masters.kill().await
    }

    async fn start_node(&self) -> Result<()> {
        self.masters.start_again().await
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        self.masters.stop().await
    }
}
