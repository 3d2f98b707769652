//! The library behind `wallet bench`: load on a stack, figures, and an audit of the result.
//!
//! | part | does |
//! |---|---|
//! | `options` | what is measured |
//! | `plan` | the transfers, as ready-made messages; all built before the clock starts |
//! | `bulk` | sends them as fast as the stack accepts them, and waits until the last one has ended |
//! | `paced` | sends single requests at a fixed rate, and awaits each outcome |
//! | `callers` | independent callers, each waiting for its outcome before it sends the next request |
//! | `figures` | the results, for people and machines |
//!
//! The load shares the machine with the stack under test, so everything here is as cheap as possible.

mod bulk;
mod callers;
mod figures;
mod options;
mod paced;
mod plan;

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::time::{Instant, sleep};
use wallet_audit::live;
use wallet_client::Sharing;
use wallet_client::api::{Api, Stats};
use wallet_client::connect::{self, Connection};
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;
use wallet_stack::Stack;
use wallet_terminal::{eprintln, output};

pub use self::figures::Figures;
pub use self::options::{Mode, Options};
use crate::latency::{per_second, rounded};
use crate::{Callers, Latency};

/// The interval for polling the ledger's counts.
const POLL: Duration = Duration::from_millis(50);
/// If no transfer ends for this long, something is broken.
const STALLED: Duration = Duration::from_mins(1);

/// The stack under load, and the clients for it.
struct Bed<'s> {
    stack: &'s mut Stack,
    connection: Connection,
    api: Api,
    shards: Shards,
}

/// Opens accounts on a fresh stack, runs the transfers, and audits the result.
pub async fn measure(stack: &mut Stack, args: &Options) -> Result<Figures> {
    let (connection, api) = (
        connect::connect(&stack.nats()).await?,
        Api::new(&stack.api_url())?,
    );
    let shards = stack.options().shards;
    let mut bed = Bed {
        stack,
        connection,
        api,
        shards,
    };
    let max_payload = bed.connection.client().server_info().max_payload;
    let mut plan = plan::Plan::new(args, shards, max_payload);
    eprintln!(
        "Opening {} accounts and giving each {} USD …",
        output::count(plan.accounts.len()),
        plan.deposit()
    );
    bulk::prepare(&mut bed, &plan).await?;
    let (seconds, latency) = match (args.rate, args.callers) {
        (Some(rate), _) => paced::run(&mut bed, &plan, rate).await?,
        (None, Some(callers)) => {
            let callers = Callers {
                callers,
                accounts: args.accounts,
                hot_percent: args.hot_percent,
                lasting: Duration::from_secs(args.seconds.into()),
                seed: args.seed,
            };
            let run = callers::run(&mut bed, &plan, &callers, args.sharing).await?;
            plan.transfers = run.latency.count();
            (run.seconds, run.latency)
        }
        (None, None) => bulk::run(&mut bed, &plan).await?,
    };
    figures(&mut bed, args, &plan, seconds, &latency).await
}

async fn figures(
    bed: &mut Bed<'_>,
    args: &Options,
    plan: &plan::Plan,
    seconds: f64,
    latency: &Latency,
) -> Result<Figures> {
    let stats = bed.api.stats().await?;
    let memory = |service| {
        bed.stack
            .peak_memory(service)
            .map(|bytes| bytes.div_ceil(1024 * 1024))
    };
    let memory_mb = Service::ALL
        .map(|service| (service.name(), memory(service)))
        .into_iter()
        .collect();
    let sending = match (args.rate, args.callers) {
        (Some(_), _) => "paced",
        (None, Some(_)) => "callers",
        (None, None) => "bulk",
    };
    eprintln!("Verifying …");
    let report = live::audit(&bed.connection, &bed.api, Duration::from_secs(30)).await?;
    if !report.held {
        eprintln!("{}", report.text());
    }
    Ok(Figures {
        transfers: plan.transfers,
        seconds: rounded(seconds),
        tps: per_second(plan.transfers, seconds),
        p50_ms: latency.ms(50.0),
        p99_ms: latency.ms(99.0),
        max_ms: latency.ms(100.0),
        sampled: latency.count(),
        conserved: report.held,
        database: bed.stack.options().database.kind(),
        shards: bed.shards.count(),
        accounts: args.accounts,
        hot_percent: args.hot_percent,
        batch: if sending == "bulk" { args.batch } else { 1 },
        mode: args.mode.word(),
        sending,
        rate: args.rate,
        callers: args.callers,
        shared: args.callers.map(|_| args.sharing != Sharing::Nothing),
        memory_mb,
        // Deposits from before the clock started don't count.
        settled: stats.transfers.settled.saturating_sub(plan.accounts.len() as u64),
        refused: stats.transfers.refused,
        compensated: stats.transfers.compensated,
        seed: args.seed,
    })
}

/// How many transfers have ended, with any outcome.
fn ended(stats: &Stats) -> u64 {
    let tally = &stats.transfers;
    tally.settled + tally.refused + tally.compensated + tally.cancelled + tally.expired
}

impl Bed<'_> {
    /// Waits until the ledger counts that many ended transfers; passes the figures of each poll to `report`.
    async fn until_ended(&mut self, count: u64, mut report: impl FnMut(&Stats)) -> Result<()> {
        let (mut last, mut moved) = (0, Instant::now());
        loop {
            let stats = self.api.stats().await?;
            let now = ended(&stats);
            report(&stats);
            if now >= count {
                return Ok(());
            }
            let seen = now + stats.transfers.reserved;
            if seen != last {
                (last, moved) = (seen, Instant::now());
            }
            if moved.elapsed() > STALLED {
                let logs = self.stack.logs();
                bail!(
                    "no transfer has ended for {STALLED:?} ({now} of {count} had ended before): see the logs in {} \
                     (--dir keeps them)",
                    logs.display()
                );
            }
            if let Some(error) = self.stack.ended() {
                return Err(error).context("the stack failed under the load");
            }
            sleep(POLL).await;
        }
    }
}
