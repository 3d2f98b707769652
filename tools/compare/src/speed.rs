//! Payments per second, and the cost of each: the same callers for every system, in turn, over several rounds.
//!
//! | part | does |
//! |---|---|
//! | `bulk` | the wallet's speed for requests in bulk |
//! | `measure` | one run of some callers on one system, with its resource usage |
//! | `table` | medians and ranges, for people |

pub mod bulk;
mod chart;
pub mod measure;
pub mod table;

use std::time::Duration;

use anyhow::{Context as _, Result};
use procfs::{Current as _, LoadAverage};
use serde::Serialize;
use wallet_terminal::exit::Exit;
use wallet_terminal::output;
use wallet_terminal::signals::Signals;

use self::bulk::Bulk;
use self::measure::{ACCOUNTS, Measured, RICH};
use crate::args::{Common, Speed};
use crate::kind::Kind;
use crate::program::Programs;
use crate::system::System;

/// How long a system may warm up under load before it is measured.
const WARM_UP: Duration = Duration::from_millis(500);

/// The results of all rounds.
#[derive(Debug, Default, Serialize)]
pub struct Rounds {
    /// The machine's number of processors.
    pub processors: usize,
    /// The load average of the minute before: other work on the machine makes the figures worse.
    pub load_before: f32,
    /// The results for independent callers.
    pub callers: Vec<Measured>,
    /// The wallet's results in bulk.
    pub bulk: Vec<Bulk>,
}

/// Runs `wallet-compare speed`.
pub async fn run(args: &Speed, common: &Common, programs: &Programs, signals: &mut Signals) -> Result<Exit> {
    let mut all = Rounds {
        processors: std::thread::available_parallelism()?.get(),
        load_before: LoadAverage::current().context("/proc/loadavg")?.one,
        ..Rounds::default()
    };
    for round in 1..=args.rounds {
        for kind in common.systems() {
            output::talk(&format!("round {round} of {}: {}\n", args.rounds, kind.name()));
            let measured = callers(kind, args, programs, signals).await;
            let measured = measured.with_context(|| kind.name())?;
            all.callers
                .extend(measured.into_iter().map(|run| Measured { round, ..run }));
            if args.bulk > 0 {
                all.bulk.extend(bulk::run(kind, args, programs, round).await?);
            }
        }
    }
    if common.json {
        output::json(&all)?;
    } else {
        output::line(&table::text(&all))?;
    }
    if let Some(dir) = &common.charts {
        crate::chart::write(dir, "speed.svg", &self::chart::speed(&table::rows(&all.callers)))?;
    }
    Ok(Exit::Ok)
}

async fn callers(
    kind: Kind,
    args: &Speed,
    programs: &Programs,
    signals: &mut Signals,
) -> Result<Vec<Measured>> {
    let all = async |system: &dyn System| {
        system.open(0..ACCOUNTS, RICH).await?;
        let warm_up = args.callers.first().copied().unwrap_or(1);
        measure::run(kind, system, args, warm_up, WARM_UP).await?;
        let mut measured = Vec::new();
        for &callers in &args.callers {
            let lasting = Duration::from_secs(args.seconds.into());
            measured.push(measure::run(kind, system, args, callers, lasting).await?);
        }
        Ok(measured)
    };
    kind.with(programs, signals, all).await
}
