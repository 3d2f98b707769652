//! How fast it goes: the last minutes, kept in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};
use tracing::debug;
use wallet_runtime::program::Running;
use wallet_runtime::reading::time;
use wallet_view::text::span_us;

use crate::flows::list::{Filter, newest, tally};
use crate::viewer::chart::Chart;
use crate::viewer::parts;

/// Between two samples.
const EACH: Duration = Duration::from_secs(2);
/// Ten minutes.
const KEPT: usize = 300;
/// Of how many of a shard's newest flows it is seen how long they took.
const FLOWS: i64 = 50;

/// What was seen at one time.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at_us: i64,
    /// Transfers that had ended by then.
    ended: i64,
    /// How long the newest took, microseconds; none if none has ended since the last sample.
    median_us: i64,
    slow_us: i64,
}

/// The samples, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<Mutex<VecDeque<Sample>>>);

/// Takes samples until the process ends.
pub(super) async fn watch(running: Arc<Running>, pace: Pace) {
    loop {
        match sample(&running).await {
            Ok(sample) => {
                let mut samples = pace.0.lock().unwrap_or_else(PoisonError::into_inner);
                while samples.len() >= KEPT {
                    samples.pop_front();
                }
                samples.push_back(sample);
            }
            Err(error) => debug!("no sample of the pace: {error}"),
        }
        tokio::time::sleep(EACH).await;
    }
}

async fn sample(running: &Running) -> sqlx::Result<Sample> {
    let at_us = (running.clock)().as_microsecond();
    let since_us = at_us.saturating_sub(i64::try_from(EACH.as_micros()).unwrap_or(0));
    let (mut ended, mut took) = (0, Vec::new());
    for (_, pool) in &running.pools {
        let mut db = pool.acquire().await?;
        let tally: BTreeMap<String, i64> = tally(&mut db).await?.into_iter().collect();
        ended += tally
            .iter()
            .filter(|(status, _)| !matches!(status.as_str(), "running" | "reserved"))
            .map(|(_, count)| count)
            .sum::<i64>();
        for flow in newest(&mut db, &Filter::default(), i64::MAX, FLOWS).await?.flows {
            let ended_us = flow.told.ended_at.map(Timestamp::as_microsecond);
            if ended_us.is_some_and(|at| at >= since_us) {
                took.extend(flow.told.took_us());
            }
        }
    }
    took.sort_unstable();
    let at = |place: usize| took.get(place).copied().unwrap_or(0);
    Ok(Sample {
        at_us,
        ended,
        median_us: at(took.len() / 2),
        slow_us: at((took.len() * 99) / 100),
    })
}

/// Two small charts: how many a second, and how long they take.
pub(super) fn charts(pace: &Pace) -> Markup {
    let samples: Vec<Sample> = pace
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .copied()
        .collect();
    let rate = |pair: &[Sample]| {
        let (took, ended) = (pair[1].at_us - pair[0].at_us, pair[1].ended - pair[0].ended);
        (
            pair[1].at_us,
            ended.max(0).saturating_mul(1_000_000) / took.max(1),
        )
    };
    let rates: Vec<(i64, i64)> = samples.windows(2).map(rate).collect();
    let medians: Vec<(i64, i64)> = samples
        .iter()
        .map(|sample| (sample.at_us, sample.median_us))
        .collect();
    let slow: Vec<(i64, i64)> = samples
        .iter()
        .map(|sample| (sample.at_us, sample.slow_us))
        .collect();
    html! {
        h2 { "The last minutes" }
        div.tiles {
            (panel("Transfers that ended, a second", &rates, &|rate| parts::grouped(&rate.to_string())))
            (panel("Half took no longer than", &medians, &took))
            (panel("99 of 100 took no longer than", &slow, &took))
        }
    }
}

/// Where nothing has ended, nothing took any time.
fn took(us: i64) -> String {
    if us == 0 { "–".to_owned() } else { span_us(us) }
}

fn panel(title: &str, points: &[(i64, i64)], value: &dyn Fn(i64) -> String) -> Markup {
    let (from, to) = (
        points.first().map_or(0, |(at, _)| *at),
        points.last().map_or(0, |(at, _)| *at),
    );
    let now = points
        .last()
        .map_or_else(|| "–".to_owned(), |(_, last)| value(*last));
    let high = points.iter().map(|(_, value)| *value).max().unwrap_or(0);
    let clock = |us| {
        parts::to_the_millisecond(&time(us))
            .get(11..19)
            .unwrap_or_default()
            .to_owned()
    };
    let chart = Chart {
        points,
        from,
        to,
        then: None,
        title: title.to_owned(),
        description: format!("now {now}, at most {}", value(high)),
        value,
        time: &clock,
    };
    html! { section.panel { div.big { (now) } (chart.steps("small")) } }
}
