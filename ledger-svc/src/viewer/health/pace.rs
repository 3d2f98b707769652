//! The rate and duration of transfers in the last minutes, kept in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};
use tracing::debug;
use wallet_db::Result;
use wallet_engine::clock::rfc3339;
use wallet_runtime::running::Running;
use wallet_view::flow::Flow;
use wallet_view::text::span_us;

use crate::flows::list::{Filter, newest, tally};
use crate::viewer::chart::Chart;
use crate::viewer::parts;

/// The time between two samples.
const EACH: Duration = Duration::from_secs(2);
/// Ten minutes of samples.
const KEPT: usize = 300;
/// How many of a shard's newest flows are timed.
const FLOWS: i64 = 50;

/// What happened between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sample {
    at_us: i64,
    /// The rate of transfers ended, in hundredths per second.
    rate: i64,
    /// Their median duration, in microseconds; 0 if none ended.
    median_us: i64,
    slow_us: i64,
}

/// The time of a look, and how many transfers had ended on each shard by then.
struct Look {
    at_us: i64,
    ended: Vec<i64>,
}

/// The samples, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<Mutex<VecDeque<Sample>>>);

/// Takes samples until the process ends.
pub(super) async fn watch(running: Arc<Running>, pace: Pace) {
    let mut before = None;
    loop {
        match sample(&running, &mut before).await {
            Ok(None) => {}
            Ok(Some(sample)) => {
                let mut samples = pace.0.lock().unwrap_or_else(PoisonError::into_inner);
                while samples.len() >= KEPT {
                    samples.pop_front();
                }
                samples.push_back(sample);
            }
            Err(error) => debug!("no pace sample: {error}"),
        }
        tokio::time::sleep(EACH).await;
    }
}

/// What happened since the last look; `None` at the first one, which has nothing to compare with.
async fn sample(running: &Running, before: &mut Option<Look>) -> Result<Option<Sample>> {
    let mut now = Look {
        at_us: (running.clock)().as_microsecond(),
        ended: Vec::new(),
    };
    let mut took = Vec::new();
    for (shard, (_, pool)) in running.pools.iter().enumerate() {
        let mut db = pool.acquire().await?;
        let tally = tally(&mut db).await?.into_iter();
        let is_end = |status: &str| !matches!(status, "running" | "reserved");
        let ended = tally
            .filter(|(status, _)| is_end(status))
            .map(|(_, count)| count)
            .sum::<i64>();
        now.ended.push(ended);
        let known = before.as_ref().and_then(|before| before.ended.get(shard));
        let since = known.map_or(0, |known| ended.saturating_sub(*known));
        // Counts and times must be of the same transfers.
        if since > 0 {
            let newest = newest(&mut db, &Filter::default(), i64::MAX, FLOWS).await?;
            took.extend(last(newest.flows.iter().map(|flow| &flow.json), since));
        }
    }
    let sample = before.as_ref().map(|before| sample_of(before, &now, took));
    *before = Some(now);
    Ok(sample)
}

/// The durations of the `many` transfers that ended last.
fn last<'f>(flows: impl Iterator<Item = &'f Flow>, many: i64) -> impl Iterator<Item = i64> {
    let mut ended: Vec<(Timestamp, i64)> = flows
        .filter(|flow| flow.is_payment())
        .filter_map(|flow| Some((flow.ended_at?, flow.took_us()?)))
        .collect();
    ended.sort_unstable_by(|one, other| other.cmp(one));
    let many = usize::try_from(many).unwrap_or(0);
    ended.into_iter().take(many).map(|(_, took_us)| took_us)
}

fn sample_of(before: &Look, now: &Look, mut took: Vec<i64>) -> Sample {
    const HUNDREDTHS: i64 = 100 * 1_000_000;
    let ended: i64 = now
        .ended
        .iter()
        .zip(&before.ended)
        .map(|(now, before)| now.saturating_sub(*before).max(0))
        .sum();
    let span_us = now.at_us.saturating_sub(before.at_us).max(1);
    took.sort_unstable();
    let at = |place: usize| took.get(place).copied().unwrap_or(0);
    Sample {
        at_us: now.at_us,
        rate: ended.saturating_mul(HUNDREDTHS) / span_us,
        median_us: at(took.len() / 2),
        slow_us: at((took.len() * 99) / 100),
    }
}

/// Three small charts over the same time: transfers per second, and how long they take.
pub(super) fn charts(pace: &Pace) -> Markup {
    let samples = pace.0.lock().unwrap_or_else(PoisonError::into_inner);
    let samples: Vec<Sample> = samples.iter().copied().collect();
    let points = |value: fn(&Sample) -> i64| -> Vec<(i64, i64)> {
        let points = samples.iter().map(|sample| (sample.at_us, value(sample)));
        points.collect()
    };
    html! {
        h2 { "The last ten minutes" }
        div.tiles {
            (panel("Transfers ended per second", &points(|sample| sample.rate), &per_second))
            (panel("Median duration", &points(|sample| sample.median_us), &took))
            (panel("99th percentile of the duration", &points(|sample| sample.slow_us), &took))
        }
    }
}

/// Hundredths as a number: `0.49`, `12.5`, `1 234`.
fn per_second(hundredths: i64) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let whole_text = parts::grouped(&whole.to_string());
    match (whole, rest) {
        (_, 0) | (100.., _) => whole_text,
        (10.., _) if rest < 10 => whole_text,
        (10.., _) => format!("{whole_text}.{}", rest / 10),
        (_, _) => format!("{whole_text}.{rest:02}"),
    }
}

/// A duration; a dash if no transfer ended.
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
        parts::to_the_millisecond(&rfc3339(us))
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
        description: format!("now {now}, maximum {}", value(high)),
        value,
        time: &clock,
    };
    html! {
        section.panel {
            div.big { (now) }
            @if points.is_empty() { div.muted { (title) } } @else { (chart.steps("small")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::viewer::samples::flow;

    fn look(at_us: i64, ended: &[i64]) -> Look {
        Look {
            at_us,
            ended: ended.to_vec(),
        }
    }

    #[test]
    fn a_single_transfer_is_seen_in_every_chart() {
        let sample = sample_of(
            &look(10_000_000, &[7, 3]),
            &look(12_010_000, &[7, 4]),
            vec![16_000],
        );
        assert_eq!(per_second(sample.rate), "0.49");
        assert_eq!((sample.median_us, sample.slow_us), (16_000, 16_000));
        let pace = Pace::default();
        let samples = [10_000_000, 12_010_000].map(|at_us| Sample { at_us, ..sample });
        pace.0.lock().unwrap().extend(samples);
        let charts = charts(&pace).into_string();
        let axis = "<span>00:00:10</span><span>00:00:12</span>";
        assert_eq!(charts.matches(axis).count(), 3, "{charts}");
        assert!(charts.contains("<span>0.49</span><span>0</span>"), "{charts}");
    }

    #[test]
    fn a_rate_has_decimals_only_where_they_matter() {
        let check = |hundredths: i64, shown: &str| {
            assert_eq!(per_second(hundredths), shown.replace(' ', "\u{202f}"));
        };
        check(0, "0");
        check(50, "0.50");
        check(5, "0.05");
        check(300, "3");
        check(1_250, "12.5");
        check(1_203, "12");
        check(123_456, "1 234");
    }

    #[test]
    fn durations_are_of_exactly_the_transfers_that_ended() {
        let flow = |ms: u32, verb: &str| {
            let ended = format!("2026-01-31T12:00:00.{ms:03}000Z");
            flow(&json!({ "verb": verb, "ended_at": ended }))
        };
        let flows = [
            flow(10, "transfer"),
            flow(30, "transfer"),
            flow(20, "transfer"),
            flow(40, "open"),
        ];
        let took: Vec<i64> = last(flows.iter(), 2).collect();
        assert_eq!(took, [30_000, 20_000]);
    }
}
