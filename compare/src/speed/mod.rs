//! Payments a second, and what each of them costs: the same callers for every system, in turn, several rounds.
//!
//! | part | does |
//! |---|---|
//! | `measure` | one run of some callers on one system, and what was used meanwhile |
//! | `table` | medians and ranges, for people |

pub mod measure;
pub mod table;

use std::time::Duration;

use anyhow::{Context as _, Result};
use wallet::exit::Exit;
use wallet::output;
use wallet::stack::signals::Signals;

use self::measure::{ACCOUNTS, Measured, RICH};
use crate::args::{Common, Speed};
use crate::chart;
use crate::program::Programs;

/// How long a system may get used to the load before it is measured.
const WARM_UP: Duration = Duration::from_millis(500);

/// Runs `wallet-compare speed`.
pub async fn run(args: &Speed, common: &Common, programs: &Programs, signals: &mut Signals) -> Result<Exit> {
    let all = rounds(args, common, programs, signals).await?;
    if common.json {
        output::json(&all)?;
    } else {
        output::line(&table::text(&all))?;
    }
    if let Some(dir) = &common.charts {
        chart::write(dir, "speed.svg", &chart::speed(&table::rows(&all)))?;
    }
    Ok(Exit::Ok)
}

async fn rounds(
    args: &Speed,
    common: &Common,
    programs: &Programs,
    signals: &mut Signals,
) -> Result<Vec<Measured>> {
    let mut all = Vec::new();
    for round in 1..=args.rounds {
        for kind in common.systems() {
            output::talk(&format!("round {round} of {}: {}\n", args.rounds, kind.name()));
            let measured = kind.with(programs, signals, async |system| {
                system.open(0..ACCOUNTS, RICH).await?;
                let mut measured = Vec::new();
                let warm_up = args.callers.first().copied().unwrap_or(1);
                measure::run(kind, system, args, warm_up, WARM_UP).await?;
                for &callers in &args.callers {
                    let lasting = Duration::from_secs(args.seconds.into());
                    measured.push(measure::run(kind, system, args, callers, lasting).await?);
                }
                Ok(measured)
            });
            let measured = measured.await.with_context(|| kind.name())?;
            all.extend(measured.into_iter().map(|run| Measured { round, ..run }));
        }
    }
    Ok(all)
}
