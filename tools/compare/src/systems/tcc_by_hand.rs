//! Two PostgreSQL servers and a protocol written by hand: Try holds the payer's money, Confirm credits the payee and then removes
//! the hold, Cancel releases it. Three round trips, each an ordinary durable commit, each harmless when repeated.
//!
//! Nothing is locked between them. If a process dies in between, a scanner finds the remains once they are too old to be still in
//! progress: if the payee has the money, the hold is removed; otherwise the payee's half is barred and the hold released.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use async_trait::async_trait;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use uuid::Uuid;

use crate::kind::Kind;
use crate::paying;
use crate::program::Programs;
use crate::servers::postgres::{AT_ONCE, Servers, ended};
use crate::stop::Stop;
use crate::system::{Balance, Paid, Payment, System};

/// Where the paying process can die, other than before anything has happened.
pub const POINTS: [&str; 2] = ["tried", "received"];
/// The age in seconds after which a try counts as abandoned.
const STALE_S: f64 = 5.0;
/// The scanning interval.
const SCAN: Duration = Duration::from_secs(1);

/// The servers, and the scanner.
#[derive(Debug)]
pub struct TccByHand {
    servers: Arc<Servers>,
    scanner: Option<JoinHandle<()>>,
    programs: Programs,
}

impl TccByHand {
    /// Starts two servers and the scanner.
    pub async fn start(programs: Programs) -> Result<Self> {
        let servers = Servers::start(2, include_str!("tcc_by_hand.sql"), AT_ONCE).await?;
        let servers = Arc::new(servers);
        let scanner = tokio::spawn(scan_for_ever(Arc::clone(&servers)));
        Ok(Self {
            servers,
            scanner: Some(scanner),
            programs,
        })
    }

    /// Connects to running servers, which have a scanner.
    pub fn attach(programs: Programs, way: &[String]) -> Result<Self> {
        Ok(Self {
            servers: Servers::attach(way, AT_ONCE)?.into(),
            scanner: None,
            programs,
        })
    }
}

async fn scan_for_ever(servers: Arc<Servers>) {
    loop {
        sleep(SCAN).await;
        if let Err(error) = scan(&servers).await {
            // A server may be down for a while; the next scan finds what this one has missed.
            wallet_terminal::output::talk(&format!("scanner: {error:#}\n"));
        }
    }
}

/// Ends abandoned payments.
async fn scan(servers: &Servers) -> Result<()> {
    for server in servers.all() {
        let stale: Vec<(Uuid, i32, i64)> = sqlx::query_as(
            "SELECT transfer, payee, amount FROM hold
             WHERE state = 'tried' AND at < now() - make_interval(secs => $1)",
        )
        .bind(STALE_S)
        .fetch_all(server)
        .await?;
        for (transfer, payee, amount) in stale {
            let word = half("SELECT bar($1, $2, $3)", servers, transfer, payee, amount).await?;
            let how = if word == "received" {
                "confirmed"
            } else {
                "cancelled"
            };
            finish(server, transfer, how).await?;
        }
    }
    Ok(())
}

/// Calls a function on the payee's server.
async fn half(
    call: &'static str,
    servers: &Servers,
    transfer: Uuid,
    payee: i32,
    cents: i64,
) -> Result<String> {
    let call = sqlx::query_scalar(call).bind(transfer).bind(payee).bind(cents);
    Ok(call.fetch_one(servers.of(u32::try_from(payee)?)).await?)
}

/// Ends the payer's half.
async fn finish(server: &sqlx::PgPool, transfer: Uuid, how: &str) -> Result<()> {
    let call = sqlx::query("SELECT finish($1, $2)").bind(transfer).bind(how);
    call.execute(server).await?;
    Ok(())
}

#[async_trait(?Send)]
impl System for TccByHand {
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()> {
        self.servers.open(accounts, cents).await
    }

    async fn pay(&self, payment: &Payment, stop: &Stop) -> Result<Paid> {
        let (payer, payee) = (i32::try_from(payment.payer)?, i32::try_from(payment.payee)?);
        let server = self.servers.of(payment.payer);
        let tried: String = sqlx::query_scalar("SELECT try($1, $2, $3, $4)")
            .bind(payment.id)
            .bind(payer)
            .bind(payee)
            .bind(payment.cents)
            .fetch_one(server)
            .await?;
        if tried != "tried" {
            return ended(&tried);
        }
        stop.at("tried").await;
        let receive = "SELECT receive($1, $2, $3)";
        let word = half(receive, &self.servers, payment.id, payee, payment.cents).await?;
        stop.at("received").await;
        if word == "received" {
            finish(server, payment.id, "confirmed").await?;
            Ok(Paid::Settled)
        } else {
            finish(server, payment.id, "cancelled").await?;
            Ok(Paid::Refused)
        }
    }

    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>> {
        let query = "SELECT id, available, held FROM account WHERE id BETWEEN $1 AND $2";
        self.servers.balances(query, accounts).await
    }

    fn way(&self) -> Vec<String> {
        self.servers.urls()
    }

    async fn pids(&self) -> Vec<u32> {
        self.servers.pids().await
    }

    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()> {
        paying::kill_at(&self.programs, Kind::TccByHand, self, point, payment).await
    }

    async fn recover(&self) -> Result<()> {
        // The scanner does it by itself.
        Ok(())
    }

    async fn kill_node(&self) -> Result<&'static str> {
        self.servers.kill().await
    }

    async fn start_node(&self) -> Result<()> {
        self.servers.start_again().await
    }

    async fn stop(self: Box<Self>) -> Result<()> {
        if let Some(scanner) = self.scanner {
            scanner.abort();
            let _ = scanner.await;
        }
        match Arc::into_inner(self.servers) {
            Some(servers) => servers.stop().await,
            None => Ok(()),
        }
    }
}
