//! What every system under comparison can do, and no more.

use std::ops::Range;

use anyhow::Result;
use async_trait::async_trait;
use serde::Serialize;
use uuid::Uuid;

use crate::stop::Stop;

/// One payment that a caller asks for. The id is the caller's: a repeat has the same.
#[derive(Clone, Copy, Debug)]
pub struct Payment {
    /// Its name.
    pub id: Uuid,
    /// The number of the account that pays.
    pub payer: u32,
    /// The number of the account that is paid.
    pub payee: u32,
    /// How much.
    pub cents: i64,
}

impl Payment {
    /// A new one.
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

/// How a payment ended, as its caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// The money has moved.
    Settled,
    /// It had moved before, under the same id.
    Known,
    /// The payer has not enough; nothing has moved.
    Refused,
}

/// What a reader sees of one account, in cents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// What can be spent.
    pub available: i64,
    /// What is set aside for a payment that has not ended.
    pub held: i64,
    /// What has left and has not arrived.
    pub in_transit: i64,
}

impl Balance {
    /// All of it.
    pub fn sum(self) -> i64 {
        self.available + self.held + self.in_transit
    }
}

/// The money of all these accounts, as a reader adds it up.
pub fn total(balances: &[Balance]) -> i64 {
    balances.iter().copied().map(Balance::sum).sum()
}

/// A running system. Accounts are numbered.
#[async_trait(?Send)]
pub trait System {
    /// Opens accounts, each with so many cents.
    async fn open(&self, accounts: Range<u32>, cents: i64) -> Result<()>;

    /// Makes a payment, and comes back when it has ended. An error says that nobody knows.
    async fn pay(&self, payment: &Payment, stop: &Stop) -> Result<Paid>;

    /// What any reader sees.
    async fn balances(&self, accounts: Range<u32>) -> Result<Vec<Balance>>;

    /// Where a further paying process finds it.
    fn way(&self) -> Vec<String>;

    /// The processes that it consists of, without their children.
    async fn pids(&self) -> Vec<u32>;

    /// Begins a payment and kills the process that is at it, at this point.
    async fn kill_at(&self, point: &str, payment: &Payment) -> Result<()>;

    /// Does what is to be done when a paying process has died: what its supervisor or an operator does.
    async fn recover(&self) -> Result<()>;

    /// Kills one of its databases or nodes, and tells which.
    async fn kill_node(&self) -> Result<&'static str>;

    /// Starts it again.
    async fn start_node(&self) -> Result<()>;

    /// Ends it, and leaves nothing behind.
    async fn stop(self: Box<Self>) -> Result<()>;
}
