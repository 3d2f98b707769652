//! Sequence diagram: lifelines, and an arrow from each cause to its effect.
//!
//! Solid: caused. Dashed: takes back. Red with a cross: refuses. Dotted grey: expected and not seen yet.

use maud::{Markup, html};
use wallet_view::flow::{Expected, short};
use wallet_view::steps::{Lane, Mark, Step};
use wallet_view::text::{clean, ms};

use super::step::class;
use super::{View, svg};

const LEFT: i64 = 150;
const LANE: i64 = 220;
const TOP: i64 = 64;
const ROW: i64 = 46;
const NOTE: i64 = 16;
/// How many characters fit between two lifelines, or beside one.
const WORDS: usize = 32;
const NOTE_WORDS: usize = 60;

/// A lifeline: the participant and its shard.
type Life = (Lane, Option<u16>);

pub(super) fn draw(view: &View<'_>) -> Markup {
    let lives = lives(view);
    let x = |life: Life| {
        let place = lives.iter().position(|other| *other == life).unwrap_or(0);
        LEFT + LANE * i64::try_from(place).unwrap_or(0)
    };
    let mut y = TOP + ROW / 2;
    let mut rows = Vec::new();
    for (index, step) in view.steps.iter().enumerate() {
        let parent = step.parent.map(|parent| x(life(&view.steps[parent])));
        rows.push(row(view, index, parent, x(life(step)), y));
        y += ROW + NOTE * i64::try_from(step.notes.len()).unwrap_or(0);
    }
    for expected in &view.flow.expected {
        if let Some((from, to)) = ends(view, expected) {
            rows.push(missing(view, expected, x(from), x(to), y));
            y += ROW + NOTE;
        }
    }
    let width = LEFT + LANE * i64::try_from(lives.len()).unwrap_or(1) + 40;
    let content = html! {
        @for life in &lives { (lifeline(*life, x(*life), y)) }
        @for row in &rows { (row) }
    };
    html! {
        (svg::drawing("Sequence of messages", width, y + 8, &content))
        p.legend {
            span.key.solid { "caused" } " " span.key.dashed { "↺ reverses" } " " span.key.crossed { "✗ refuses" } " "
            span.key.dotted { "expected, not seen yet" }
        }
    }
}

fn life(step: &Step) -> Life {
    (step.lane, step.decided_on)
}

/// All participants, from left to right.
fn lives(view: &View<'_>) -> Vec<Life> {
    let seen = view.steps.iter().map(life);
    let expected = view
        .flow
        .expected
        .iter()
        .filter_map(|expected| ends(view, expected))
        .map(|(_, to)| to);
    let mut lives: Vec<Life> = seen.chain(expected).collect();
    lives.sort_unstable();
    lives.dedup();
    lives
}

/// The lifelines between which an expected step is drawn.
fn ends(view: &View<'_>, expected: &Expected) -> Option<(Life, Life)> {
    let after = view
        .steps
        .iter()
        .find(|step| view.flow.events[step.event].id == expected.after)?;
    Some((
        life(after),
        (Lane::of_service(&expected.service)?, Some(expected.shard)),
    ))
}

fn lifeline((lane, shard): Life, x: i64, bottom: i64) -> Markup {
    html! {
        line.life x1=(x) y1="44" x2=(x) y2=(bottom) {}
        rect.who x=(x - 62) y="2" width="124" height="42" rx="6" {}
        text.who x=(x) y="20" { (lane.name()) }
        @if let Some(shard) = shard { text.where x=(x) y="36" { "shard " (shard) } }
    }
}

fn row(view: &View<'_>, index: usize, parent: Option<i64>, x: i64, y: i64) -> Markup {
    let step = &view.steps[index];
    let height = ROW + NOTE * i64::try_from(step.notes.len()).unwrap_or(0);
    let words = format!("{} {}", index + 1, step.words);
    // The text goes between the two lifelines, or beside the only one, clear of an arrow that returns to it.
    let at = match parent {
        Some(parent) if parent == x => x + 44,
        Some(parent) => parent.min(x) + 14,
        None => x + 16,
    };
    html! {
        g data-row class={ "step " (class(step.mark)) @if view.is_selected(index) { " selected" } } {
            a.open href=(view.step_url(index)) data-swap aria-label=(format!("Step {words}")) {
                rect.row x="0" y=(y - ROW / 2 - 4) width="100%" height=(height) {}
                text.at x="8" y=(y + 4) { "+" (ms(step.at_us)) " ms" }
                @if let Some(parent) = parent { (arrow(step.mark, parent, x, y)) }
                circle.dot cx=(x) cy=(y) r="9" {}
                text.sign x=(x) y=(y + 4) { (step.mark.sign()) }
                (svg::text(at, y - 8, "words", &words, WORDS))
                @if step.skew.is_some() { text.skew x="96" y=(y + 4) { "⚠" title { "its times contradict the log" } } }
                @for (line, note) in (1..).zip(&step.notes) {
                    (svg::text(at, y + 6 + NOTE * line, "note", note, NOTE_WORDS))
                }
            }
        }
    }
}

fn arrow(mark: Mark, from: i64, to: i64, y: i64) -> Markup {
    let line = match mark {
        Mark::Neutral | Mark::Good => "arrow",
        Mark::Refused => "arrow crossed",
        Mark::Undone => "arrow dashed",
    };
    if from == to {
        let (up, out) = (y - 16, to + 34);
        return html! {
            path class=(line) d={ "M" (to + 9) " " (up) " H" (out) " V" (y) " H" (to + 10) } {}
            (svg::head(to + 10, y, -1, line))
        };
    }
    let direction = (to - from).signum();
    let tip = to - 10 * direction;
    html! {
        line class=(line) x1=(from) y1=(y) x2=(tip) y2=(y) {}
        (svg::head(tip, y, direction, line))
    }
}

fn missing(view: &View<'_>, expected: &Expected, from: i64, to: i64, y: i64) -> Markup {
    let kinds: Vec<&str> = expected.events.iter().map(|kind| short(kind)).collect();
    let words = format!("expected: {}", clean(&kinds.join(" or ")));
    let waited = expected.waited(view.now);
    let at = if from == to { to + 16 } else { from.min(to) + 14 };
    html! {
        g.missing {
            @if from != to { line.arrow.dotted x1=(from) y1=(y) x2=(to - 10 * (to - from).signum()) y2=(y) {} }
            circle.dot.dotted cx=(to) cy=(y) r="9" {}
            text.sign x=(to) y=(y + 4) { "?" }
            (svg::text(at, y - 8, "words", &words, NOTE_WORDS))
            (svg::text(at, y + 6 + NOTE, "note", &format!("not seen yet, {waited}"), NOTE_WORDS))
        }
    }
}
