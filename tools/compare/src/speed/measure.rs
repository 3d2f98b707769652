//! One run of some callers on one system, with its resource usage.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde::Serialize;
use wallet_load::latency::{per_second, rounded};
use wallet_load::{Callers, Pair};

use crate::args::Speed;
use crate::kind::Kind;
use crate::stop::Stop;
use crate::system::{Paid, Payment, System, total};
use crate::usage::Usage;

/// The number of accounts.
pub const ACCOUNTS: u32 = 1_000;
/// The balance of each account, in cents: no account runs out of money.
pub const RICH: i64 = 1_000_000_000;

/// The result of one run.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The round.
    pub round: u32,
    /// The system's name.
    pub system: &'static str,
    /// The number of concurrent callers.
    pub callers: u32,
    /// The percentage of payments that touched one account.
    pub hot_percent: u8,
    /// The number of ended payments.
    pub payments: u64,
    /// The duration.
    pub seconds: f64,
    /// Payments per second.
    pub tps: u64,
    /// The median latency, from the request until the caller learned the outcome.
    pub p50_ms: f64,
    /// The 99th percentile.
    pub p99_ms: f64,
    /// Processor time per payment, of the system's processes.
    pub cpu_ms: f64,
    /// Processor time per payment, of the calling process, in which a protocol written by hand runs.
    pub caller_cpu_ms: f64,
    /// Kilobytes written per payment, by all processes together.
    pub written_kb: f64,
    /// Context switches per payment, of all processes together.
    pub switches: f64,
}

/// Runs the callers, and adds up the money afterwards.
pub async fn run(
    kind: Kind,
    system: &dyn System,
    args: &Speed,
    callers: u32,
    lasting: Duration,
) -> Result<Measured> {
    let load = Callers {
        callers,
        accounts: ACCOUNTS,
        hot_percent: args.hot,
        lasting,
        seed: args.seed,
    };
    let stop = Stop::never();
    let heads = system.pids().await;
    let before = (Usage::of_families(&heads)?, Usage::of_myself()?);
    let run = load
        .run(async |Pair { payer, payee, cents }| {
            let payment = Payment::new(
                u32::try_from(payer)?,
                u32::try_from(payee)?,
                i64::try_from(cents)?,
            );
            let paid = system.pay(&payment, &stop).await?;
            ensure!(paid == Paid::Settled, "payment {} ended in {paid:?}", payment.id);
            Ok(())
        })
        .await?;
    let (used, by_us) = (
        Usage::of_families(&heads)? - before.0,
        Usage::of_myself()? - before.1,
    );
    let found = total(&system.balances(0..ACCOUNTS).await?);
    let opened = RICH * i64::from(ACCOUNTS);
    ensure!(
        found == opened,
        "money was created or lost: {found} cents, expected {opened}"
    );
    let payments = run.latency.count();
    let each = |number: f64| rounded(number / float(payments.max(1)));
    Ok(Measured {
        round: 0,
        system: kind.name(),
        callers,
        hot_percent: args.hot,
        payments,
        seconds: rounded(run.seconds),
        tps: per_second(payments, run.seconds),
        p50_ms: run.latency.ms(50.0).unwrap_or_default(),
        p99_ms: run.latency.ms(99.0).unwrap_or_default(),
        cpu_ms: each(used.cpu_s * 1e3),
        caller_cpu_ms: each(by_us.cpu_s * 1e3),
        written_kb: each(float(used.written + by_us.written) / 1024.0),
        switches: each(float(used.switches + by_us.switches)),
    })
}

/// For display: the precision that an f64 loses on so large a count does not matter.
#[expect(clippy::cast_precision_loss, reason = "above")]
fn float(count: u64) -> f64 {
    count as f64
}
