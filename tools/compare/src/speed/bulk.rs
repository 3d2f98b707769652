//! The wallet in bulk: many requests per message, as from gateways whose callers wait for no outcome. It is what `wallet bench`
//! measures, with its audit afterwards.

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use wallet_load::bench;
use wallet_stack::{Database, Options};

use crate::args::Speed;
use crate::kind::Kind;
use crate::program::Programs;

/// The result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Bulk {
    /// The round.
    pub round: u32,
    /// The system's name.
    pub system: &'static str,
    /// The number of payments.
    pub payments: u64,
    /// Payments per second, from the first message until the last payment was in the books.
    pub tps: u64,
}

/// Makes the payments on a fresh stack; none for a system without bulk requests.
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
    let load = bench::Options {
        transfers: args.bulk,
        hot_percent: args.hot,
        ..bench::Options::DEFAULT
    };
    let dir = tempfile::Builder::new().prefix("wallet-compare-").tempdir()?;
    let database = Database::temporary(database).await?;
    let mut options = Options::temporary(dir.path(), programs.setting.shards, database)?;
    options.programs.clone_from(&programs.services);
    let figures = wallet_stack::with(options, async |stack| bench::measure(stack, &load).await);
    let figures = figures.await.context("the bulk run")?;
    ensure!(figures.is_conserved(), "the audit has failed, see above");
    Ok(Some(Bulk {
        round,
        system: kind.name(),
        payments: args.bulk,
        tps: figures.tps(),
    }))
}
