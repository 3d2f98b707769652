//! The operations that every system under comparison supports, and no others.

use std::ops::Range;

use anyhow::Result;
use async_trait::async_trait;
use serde::Serialize;
use uuid::Uuid;

use crate::stop::Stop;

/// One payment that a caller requests. The id is the caller's: a repeat has the same.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// Its id.
    pub id: Uuid,
    /// The payer's account number.
    pub payer: u32,
    /// The payee's account number.
    pub payee: u32,
    /// The amount.
    pub cents: i64,
}

impl Payment {
    /// A payment with a new id.
    pub fn new(payer: u32, payee: u32, cents: i64) -> Self {
        let id = wallet_client::clock::new_id().0;
        Self {
            id,
            payer,
            payee,
            cents,
        }
    }
}

/// The outcome of a payment, as reported to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// The money has moved.
    Settled,
    /// The money had already moved, under the same id.
    Known,
    /// The payer's balance is too low; nothing has moved.
    Refused,
}

/// One account as a reader sees it, in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The amount that can be spent.
    pub available: i64,
    /// The amount that is reserved for a payment that has not ended.
    pub held: i64,
    /// The amount that was debited and not yet credited.
    pub in_transit: i64,
}

impl Balance {
    /// The sum of all three.
    pub fn sum(self) -> i64 {
        self.available + self.held + self.in_transit
    }
}

/// The total of all these accounts, as a reader adds it up.
pub fn total(balances: &[Balance]) -> i64 {
    balances.iter().copied().map(Balance::sum).sum()
}

/// A running system. Accounts are identified by numbers.
#[async_trait(?Send)]
pub trait System {
    /// Opens accounts with this initial balance.
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()>;

    /// Makes a payment, and returns when it has ended. An error means that the outcome is unknown.
    async fn pay(&self, payment: &Payment, stop: &Stop) -> Result<Paid>;

    /// The balances as any reader sees them.
    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>>;

    /// The addresses for a further paying process.
    fn way(&self) -> Vec<String>;

    /// Its process ids, without their children.
    async fn pids(&self) -> Vec<u32>;

    /// Starts a payment and kills the process that carries it out, at this point.
    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()>;

    /// Recovers after the death of a paying process, as its supervisor or an operator does.
    async fn recover(&self) -> Result<()>;

    /// Kills one of its databases or nodes, and returns which.
    async fn kill_node(&self) -> Result<&'static str>;

    /// Restarts it.
    async fn start_node(&self) -> Result<()>;

    /// Stops it, and removes everything.
    async fn stop(self: Box<Self>) -> Result<()>;
}
