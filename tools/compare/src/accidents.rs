//! What becomes of the money when something breaks: who waits, what readers see, and what has to be done.
//!
//! | part | accident |
//! |---|---|
//! | `killed` | the paying process is killed between its steps, at each point |
//! | `restarted` | a database or node is killed and restarted, under load |
//! | `twice` | the same request arrives twice, sequentially and concurrently |
//! | `contested` | two callers spend the same last money |
//! | `blocked` | how many payments wait while a payment is half done |
//! | `verdict`, `table` | the findings, for programs and for people |

pub mod blocked;
mod chart;
pub mod contested;
pub mod killed;
pub mod restarted;
pub mod table;
pub mod twice;
pub mod verdict;

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use wallet_terminal::exit::Exit;
use wallet_terminal::output;
use wallet_terminal::signals::Signals;

use self::verdict::Verdict;
use crate::args::{Accidents, Common};
use crate::kind::Kind;
use crate::program::Programs;
use crate::system::System;

/// The initial balance of each account in an accident, in cents.
pub const OPENED: i64 = 10_000;
/// The amount of the payment that is harmed.
pub const INTERRUPTED: i64 = 100;
/// How many accounts are reserved for one accident, so that none sees another's.
pub const ACCOUNTS: u32 = 100;

/// Runs `wallet-compare accidents`.
pub async fn run(
    args: &Accidents,
    common: &Common,
    programs: &Programs,
    signals: &mut Signals,
) -> Result<Exit> {
    let watch = Duration::from_secs(args.watch.into());
    let (mut verdicts, mut waits) = (Vec::new(), Vec::new());
    for kind in common.systems() {
        output::talk(&format!("{}\n", kind.name()));
        let found = kind.with(programs, signals, async |system| {
            let verdicts = all(kind, system, watch).await?;
            let waiting = match kind {
                Kind::TwoPhaseCommit | Kind::TccByHand => Some(blocked::run(kind, system, watch).await?),
                Kind::RedisCluster
                | Kind::RedisOneSlot
                | Kind::OneDatabase
                | Kind::Wallet
                | Kind::WalletPostgres => None,
            };
            Ok((verdicts, waiting))
        });
        let (found, waiting) = found.await.with_context(|| kind.name())?;
        verdicts.extend(found);
        waits.extend(waiting);
    }
    if common.json {
        output::json(&json!({ "verdicts": verdicts, "blocked": waits }))?;
    } else {
        output::line(&table::text(&verdicts))?;
    }
    if let Some(dir) = common.charts.as_ref().filter(|_| !waits.is_empty()) {
        crate::chart::write(dir, "blocked.svg", &self::chart::blocked(&waits))?;
    }
    Ok(Exit::Ok)
}

/// Runs all accidents on one system, each with its own accounts.
pub async fn all(kind: Kind, system: &dyn System, watch: Duration) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    let mut group = 0;
    let mut fresh = async || {
        let first = group * ACCOUNTS;
        group += 1;
        system.open(first..first + ACCOUNTS, OPENED).await.map(|()| first)
    };
    for point in kind.points() {
        let first = fresh().await?;
        let killed = killed::run(kind, system, point, first, watch).await;
        verdicts.push(killed.with_context(|| format!("killed when {point}"))?);
    }
    let first = fresh().await?;
    verdicts.push(restarted::run(kind, system, first).await.context("restarted")?);
    let first = fresh().await?;
    verdicts.push(twice::run(kind, system, first).await.context("twice")?);
    let first = fresh().await?;
    verdicts.push(contested::run(kind, system, first).await.context("contested")?);
    Ok(verdicts)
}
