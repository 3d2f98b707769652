//! A flow as text: its steps, and where the time went. Pure; at most 100 columns wide.
//!
//! Each line is a request or event, in the lane of its source, with an arrow from its cause.
//!
//! | column | is the time |
//! |---|---|
//! | ms | from the request until this was stored in the log |
//! | wait | from when the cause was stored in the log until the service took it up, excluding the time for which a reservation was held |
//! | work | from then until the decision |
//! | publish | from the decision until this was stored in the log of the flow's home shard |

mod facts;

use std::collections::BTreeSet;
use std::fmt::Write;

pub use facts::{facts, link, waits as expected};
use uuid::Uuid;
use wallet_view::critical_path;
pub use wallet_view::headline::headline;
use wallet_view::steps::{self, Lane, Mark, Step, Times};

use wallet_client::api::{Stuck, Transfer};
use wallet_terminal::output::{Paint, clean, ms, time};

/// The lanes, from left to right.
const LANES: [&str; Lane::ALL.len()] = ["client", "debit", "credit", "ledger"];
const FIRST_LANE: usize = 10;
const LANE_WIDTH: usize = 7;
/// The column where the words begin.
const WORDS: usize = FIRST_LANE + LANE_WIDTH * LANES.len();
const WORDS_WIDTH: usize = 29;
/// The widest line.
const WIDTH: usize = 100;

/// Draws a flow without colours.
pub fn draw(flow: &Transfer) -> String {
    draw_with(flow, Paint::Plain)
}

/// Draws a flow.
pub fn draw_with(flow: &Transfer, paint: Paint) -> String {
    let steps = steps::of(flow);
    let mut lines = vec![paint.strong(&headline(flow)), String::new()];
    lines.push(format!(
        "transfer  {}   trace  {}",
        flow.transfer,
        clean(&flow.trace)
    ));
    if let Some(memo) = &flow.memo {
        lines.push(format!("memo      {}", clean(memo)));
    }
    lines.push(String::new());
    if steps.is_empty() {
        lines.push("no event has been recorded yet".to_owned());
        return lines.join("\n");
    }
    lines.push(paint.faint(&heading()));
    for (index, step) in steps.iter().enumerate() {
        let leads_on = steps
            .get(index + 1)
            .is_some_and(|next| next.parent == Some(index));
        if step.parent.is_none() && index > 0 {
            lines.push(String::new());
        }
        lines.push(row(step, &steps, paint));
        for note in step.notes.iter().flat_map(|note| wrap(note, WIDTH - WORDS)) {
            let gutter = if leads_on {
                format!("{}│", " ".repeat(column(step.lane as usize)))
            } else {
                String::new()
            };
            lines.push(format!("{}{}", fit(&gutter, WORDS), paint.faint(&note)));
        }
    }
    lines.push(String::new());
    // It exceeds the flow's duration by the time until the end was stored in the log.
    let label = if flow.ended_at.is_some() {
        "until the end was in the log"
    } else {
        "so far"
    };
    lines.push(paint.strong(&total(&steps, label)));
    lines.extend(flow.stuck.as_ref().map(|stuck| paint.warn(&stuck_text(stuck))));
    lines.join("\n")
}

/// The lines of a flow's steps that are not in `seen`, with a heading the first time.
pub fn new_steps(flow: &Transfer, seen: &mut BTreeSet<Uuid>, paint: Paint) -> Vec<String> {
    let steps = steps::of(flow);
    let mut lines = Vec::new();
    if seen.is_empty() && !steps.is_empty() {
        lines.push(paint.faint(&heading()));
    }
    for step in &steps {
        if seen.insert(flow.events[step.event].id) {
            lines.push(row(step, &steps, paint));
            let notes = step.notes.iter().flat_map(|note| wrap(note, WIDTH - WORDS));
            lines.extend(notes.map(|note| format!("{}{}", " ".repeat(WORDS), paint.faint(&note))));
        }
    }
    lines
}

/// What a stuck flow waits for, and what would end that.
fn stuck_text(stuck: &Stuck) -> String {
    let mut text = format!(
        "\nstuck since {}: {}",
        time(stuck.since),
        clean(&stuck.describe())
    );
    if let Some(waits_for) = &stuck.waits_for {
        if waits_for.cannot.is_some() {
            return text;
        }
        let events: Vec<String> = waits_for.events.iter().map(|kind| clean(kind)).collect();
        // Writing to a string can't fail.
        let _ = write!(text, "\n  expected next: {}", events.join(", or "));
    }
    text
}

/// The column of a lane.
fn column(lane: usize) -> usize {
    FIRST_LANE + LANE_WIDTH * lane
}

fn heading() -> String {
    let lanes: String = LANES.iter().map(|lane| fit(lane, LANE_WIDTH)).collect();
    let words = fit("what happened", WORDS_WIDTH);
    format!(
        "{:>8}  {lanes}{words}{:>6} {:>5} {:>7}  log",
        "ms", "wait", "work", "publish"
    )
}

fn row(step: &Step, steps: &[Step], paint: Paint) -> String {
    let parent = step
        .parent
        .and_then(|parent| steps.get(parent))
        .map(|parent| parent.lane as usize);
    let mut line = format!(
        "{:>8}{}",
        ms(step.at_us),
        arrow(parent, step.lane as usize, step.mark)
    );
    line = fit(&line, WORDS);
    let words = fit(&step.words, WORDS_WIDTH);
    line.push_str(&match step.mark {
        Mark::Neutral => words,
        Mark::Good => paint.good(&words),
        Mark::Refused => paint.bad(&words),
        Mark::Undone => paint.warn(&words),
    });
    let times = step.times.map_or_else(|| " ".repeat(20), parts);
    // Writing to a string can't fail.
    let _ = write!(
        line,
        "{times}  {}",
        paint.faint(&format!("{}:{}", step.shard, step.sequence))
    );
    line
}

/// The lanes of one line: an arrow from the cause's lane to the mark in this one.
fn arrow(parent: Option<usize>, lane: usize, mark: Mark) -> String {
    let mark = mark.sign();
    let before = |lane: usize| " ".repeat(column(lane) - 8);
    match parent {
        Some(parent) if parent < lane => {
            let shaft = "─".repeat(LANE_WIDTH * (lane - parent) - 2);
            format!("{}╰{shaft}▶{mark}", before(parent))
        }
        Some(parent) if parent > lane => {
            let shaft = "─".repeat(LANE_WIDTH * (parent - lane) - 2);
            format!("{}{mark}◀{shaft}╯", before(lane))
        }
        Some(_) | None => format!("{}{mark}", before(lane)),
    }
}

/// The sum along the critical path, excluding the time for which it was held.
fn total(steps: &[Step], label: &str) -> String {
    let (us, sum) = (critical_path::length_us(steps), critical_path::total(steps));
    let words = fit(&format!("{:>8}  {label}", ms(us)), WORDS + WORDS_WIDTH);
    format!("{words}{}", parts(sum))
}

/// Where the time went.
fn parts(times: Times) -> String {
    let [wait, work, publish] = [times.wait_us, times.work_us, times.publish_us].map(ms);
    format!("{wait:>6} {work:>5} {publish:>7}")
}

/// Pads with blanks; a text that is too long is kept, followed by one blank.
fn fit(text: &str, width: usize) -> String {
    let length = text.chars().count();
    format!(
        "{text}{}",
        " ".repeat(width.saturating_sub(length).max(usize::from(length >= width)))
    )
}

/// Wraps a sentence between words.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests;
