//! One run of some callers on one system, and what was used meanwhile.

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

/// Among how many accounts.
pub const ACCOUNTS: u32 = 1_000;
/// What each account has, in cents: nobody runs out of it.
pub const RICH: i64 = 1_000_000_000;

/// What one run has shown.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// Which round it was.
    pub round: u32,
    /// The system's name.
    pub system: &'static str,
    /// How many callers paid at once.
    pub callers: u32,
    /// How many of a hundred payments touched one account.
    pub hot_percent: u8,
    /// How many payments ended.
    pub payments: u64,
    /// For how long.
    pub seconds: f64,
    /// Payments a second.
    pub tps: u64,
    /// From asking to knowing, of half of them.
    pub p50_ms: f64,
    /// Of all but one in a hundred.
    pub p99_ms: f64,
    /// Processor time of a payment, the system's processes.
    pub cpu_ms: f64,
    /// The same of the process that calls: where a protocol is written by hand, it runs there.
    pub caller_cpu_ms: f64,
    /// What a payment writes, everybody together.
    pub written_kb: f64,
    /// Context switches of a payment, everybody together.
    pub switches: f64,
}

/// Lets callers pay, and adds up the money afterwards.
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
        "money was made or lost: {found} cents of {opened}"
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

/// For reading: what an f64 loses of a count that large does not matter.
#[expect(clippy::cast_precision_loss, reason = "above")]
fn float(count: u64) -> f64 {
    count as f64
}
