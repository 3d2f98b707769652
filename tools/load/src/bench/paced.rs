//! Paced: single requests at a fixed rate, as clients send them, each awaiting its outcome.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use wallet_terminal::eprintln;

use super::bulk::{Sample, Sender};
use super::plan::Plan;
use super::{Bed, POLL};
use crate::Latency;

/// The most unacknowledged requests; beyond that, the rate is not sustained.
const IN_FLIGHT: usize = 1_000;
/// Timeout for the last outcomes.
const OUTCOMES_WITHIN: Duration = Duration::from_secs(30);

/// Sends all requests; returns the seconds from the first publish to the last end, and the latency of each.
pub(super) async fn run(bed: &mut Bed<'_>, plan: &Plan, rate: u32) -> Result<(f64, Latency)> {
    let requests = plan.singles();
    let indexes: Vec<_> = requests
        .iter()
        .enumerate()
        .map(|(index, (id, _))| (*id, index))
        .collect();
    let sample = Sample::start(&bed.connection, &[]).await?;
    let before = super::ended(&bed.api.stats().await?);
    eprintln!(
        "Sending {rate} requests a second for {} s …",
        plan.transfers.div_ceil(u64::from(rate))
    );

    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (began, mut sent_at) = (Instant::now(), Vec::with_capacity(requests.len()));
    let mut sender = Sender::new(&bed.connection, IN_FLIGHT);
    for (_, message) in requests {
        ticks.tick().await;
        sent_at.push(Instant::now());
        sender.send(message).await?;
    }
    sender.finish().await?;
    bed.until_ended(before + plan.transfers, |_| ()).await?;
    let seconds = began.elapsed().as_secs_f64();

    let deadline = Instant::now() + OUTCOMES_WITHIN;
    while sample.count() < indexes.len() {
        if Instant::now() > deadline {
            bail!(
                "only {} of {} outcomes arrived within {OUTCOMES_WITHIN:?}",
                sample.count(),
                indexes.len()
            );
        }
        sleep(POLL).await;
    }
    Ok((seconds, sample.latency(&indexes, &sent_at)?))
}
