//! The wallet in bulk: many requests in one message, as gateways send them, whose senders wait for no outcome. It is what
//! `wallet bench` measures, with its audit afterwards.

use anyhow::{Context as _, Result, ensure};
use clap::Parser as _;
use serde::Serialize;
use wallet::args::{Cli, Command};
use wallet::commands::bench;
use wallet::stack::{self, Database, Options};
use wallet_contract::shard::Shards;

use crate::args::Speed;
use crate::kind::Kind;
use crate::program::Programs;

/// What one run has shown.
#[derive(Clone, Debug, Serialize)]
pub struct Bulk {
    /// Which round it was.
    pub round: u32,
    /// The system's name.
    pub system: &'static str,
    /// How many payments were made.
    pub payments: u64,
    /// Payments a second, from the first message until the last payment was in the books.
    pub tps: u64,
}

/// Makes the payments on a fresh stack; nothing for a system that knows no bulk.
pub async fn run(kind: Kind, args: &Speed, programs: &Programs, round: u32) -> Result<Option<Bulk>> {
    let database = match kind {
        Kind::Wallet => None,
        Kind::WalletPostgres => Some("postgres"),
        Kind::RedisCluster
        | Kind::RedisOneSlot
        | Kind::OneDatabase
        | Kind::TwoPhaseCommit
        | Kind::TccByHand => return Ok(None),
    };
    let (payments, hot) = (args.bulk.to_string(), args.hot.to_string());
    let words = ["wallet", "bench", "--transfers", &payments, "--hot-percent", &hot];
    let Command::Bench(bench) = Cli::try_parse_from(words)?.command else {
        unreachable!("the second word says so");
    };
    let dir = tempfile::Builder::new().prefix("wallet-compare-").tempdir()?;
    let database = Database::temporary(database).await?;
    let mut options = Options::temporary(dir.path(), Shards::new(bench.shards)?, database)?;
    options.programs.clone_from(&programs.services);
    let figures = stack::with(options, async |stack| bench::measure(stack, &bench).await);
    let figures = figures.await.context("in bulk")?;
    ensure!(figures.is_conserved(), "the audit has found a breach, see above");
    Ok(Some(Bulk {
        round,
        system: kind.name(),
        payments: args.bulk,
        tps: figures.tps(),
    }))
}
