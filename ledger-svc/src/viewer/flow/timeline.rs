//! Where the time went: a bar per step, divided into waiting, work and publishing. On a narrow screen the bars are next to the
//! steps' numbers, and the words are in the table (`flow.css`).

use maud::{Markup, html};
use wallet_view::critical_path;
use wallet_view::steps::Times;
use wallet_view::text::{clean, ms, span_us};
use wallet_view::timeline::{Bar, Stretch, bar, line, place};

use super::step::{class, words};
use super::{View, svg};

const LEFT: i64 = 300;
const WIDTH: i64 = 720;
const CUT: i64 = 48;
const TOP: i64 = 34;
const ROW: i64 = 30;
const LABEL: usize = 40;

pub(super) fn draw(view: &View<'_>) -> Markup {
    let bars: Vec<Bar> = view
        .steps
        .iter()
        .map(|step| bar(view.flow, &view.steps, step))
        .collect();
    let waits = waits(view);
    let moments = bars.iter().flat_map(|bar| {
        [
            bar.held_us,
            bar.caused_us,
            bar.taken_us,
            bar.decided_us,
            bar.recorded_us,
        ]
    });
    let moments = moments.chain(waits.iter().flat_map(|(from, to, _)| [*from, *to]));
    let line = line(moments.collect());
    let x = |us: i64| LEFT + place(&line, us, WIDTH, CUT);
    let rows = i64::try_from(bars.len() + waits.len()).unwrap_or(0);
    let height = TOP + ROW * rows + 12;
    let held = view.flow.held_for_us().filter(|us| *us > 0);
    let content = html! {
        g.bars {
            @for stretch in line.iter().filter(|stretch| stretch.cut) { (cut(stretch, x(stretch.from_us), height)) }
        }
        @for (index, (row, bar)) in (0..).zip(&bars).enumerate() { (step(view, index, bar, TOP + ROW * row, &x)) }
        @for (row, (from, to, label)) in (i64::try_from(bars.len()).unwrap_or(0)..).zip(&waits) {
            @let y = TOP + ROW * row;
            g.missing {
                (svg::text(8, y + 18, "words what", label, LABEL))
                line.arrow.dotted.bars x1=(x(*from)) y1=(y + 13) x2=(x(*to)) y2=(y + 13) {}
            }
        }
        g.bars {
            line.axis x1=(LEFT) y1=(TOP - 6) x2=(LEFT + WIDTH) y2=(TOP - 6) {}
            text.at x=(LEFT) y="16" { "0 ms" }
            @if let Some(last) = line.last() { text.at.end x=(LEFT + WIDTH) y="16" { (span_us(last.to_us)) } }
        }
    };
    html! {
        (svg::drawing("Timeline: where the time went", LEFT + WIDTH + 70, height, &content))
        p.legend {
            @if held.is_some() { span.key.held { "reserved, waiting for " (clean(&view.flow.payer)) } " " }
            span.key.wait { "waiting in the log" } " " span.key.work { "working" } " "
            span.key.publish { "publishing" } " "
            span.key.idle { "≈ a long wait, shortened" }
        }
        (took(view, held))
        (table(view))
    }
}

/// How long it took. The last bar continues until the end was in the log.
fn took(view: &View<'_>, held_us: Option<i64>) -> Markup {
    html! {
        @if let Some(took_us) = view.flow.took_us() {
            p {
                "It took " strong { (span_us(took_us)) } ", from its request in the log to the decision that ended it"
                @if let Some(us) = held_us { ", not counting the " (span_us(us)) " for which it was held" }
                "."
            }
        }
    }
}

/// The expected steps: since when, until now, and what is expected.
fn waits(view: &View<'_>) -> Vec<(i64, i64, String)> {
    let start_us = view.flow.started_at.as_microsecond();
    let now_us = view.now.as_microsecond().saturating_sub(start_us);
    let expected = view.flow.expected.iter();
    expected
        .map(|expected| {
            let since_us = expected.since.as_microsecond().saturating_sub(start_us);
            let label = format!("? {} {}", expected.service, expected.waited(view.now));
            (since_us, now_us.max(since_us), label)
        })
        .collect()
}

fn cut(stretch: &Stretch, x: i64, bottom: i64) -> Markup {
    let label = format!("≈ {}", span_us(stretch.to_us.saturating_sub(stretch.from_us)));
    html! {
        rect.idle x=(x) y=(TOP - 6) width=(CUT) height=(bottom - TOP + 6) {}
        (svg::text(x + CUT / 2, TOP - 12, "at middle", &label, 14))
    }
}

fn step(view: &View<'_>, index: usize, bar: &Bar, y: i64, x: &impl Fn(i64) -> i64) -> Markup {
    let step = &view.steps[index];
    let part = |name: &str, from: i64, to: i64| {
        let (from, to) = (x(from), x(to));
        html! { @if to > from { rect class={ "bar " (name) } x=(from) y=(y + 5) width=(to - from) height="16" {} } }
    };
    html! {
        g data-row class={ "step " (class(step.mark)) @if view.is_selected(index) { " selected" } } {
            a.open href=(view.step_url(index)) data-swap aria-label=(format!("Step {} {}", index + 1, step.words)) {
                rect.row x="0" y=(y) width="100%" height=(ROW - 2) {}
                text.words x="8" y=(y + 18) { (index + 1) }
                (svg::text(28, y + 18, "words what", &words(step), LABEL))
                g.bars {
                    (part("held", bar.held_us, bar.caused_us))
                    (part("wait", bar.caused_us, bar.taken_us))
                    (part("work", bar.taken_us, bar.decided_us))
                    (part("publish", bar.decided_us, bar.recorded_us))
                    line.tick x1=(x(bar.recorded_us)) y1=(y + 3) x2=(x(bar.recorded_us)) y2=(y + 23) {}
                    text.at x=(x(bar.recorded_us) + 6) y=(y + 18) {
                        (ms(step.at_us)) @if step.skew.is_some() { " ⚠" title { "its times contradict the log" } }
                    }
                }
            }
        }
    }
}

/// The timeline in numbers.
fn table(view: &View<'_>) -> Markup {
    let (length_us, total) = (
        critical_path::length_us(&view.steps),
        critical_path::total(&view.steps),
    );
    let ended = view.flow.ended_at.is_some();
    let cell = |us: i64| html! { td.num { (ms(us)) } };
    let parts = |times: Times| {
        html! {
            (cell(times.wait_us)) (cell(times.work_us))
            (cell(times.publish_us))
        }
    };
    html! {
        div.wide tabindex="0" role="group" aria-label="The timeline in numbers" {
            table {
                caption { "Milliseconds. Wait: in the log, until a service took it. Held: reserved, until the payer acted." }
                thead { tr { th { "step" } th.num { "at" } th.num { "wait" } th.num { "work" } th.num { "publish" } } }
                tbody {
                    @for (index, step) in view.steps.iter().enumerate() {
                        tr class=(if view.is_selected(index) { "selected" } else { "" }) {
                            td {
                                a data-swap href=(view.step_url(index)) { (index + 1) " " (words(step)) }
                                @if step.held_us > 0 { br; small { "held for " (span_us(step.held_us)) } }
                            }
                            (cell(step.at_us))
                            @match step.times {
                                Some(times) => (parts(times)),
                                None => { td {} td {} td {} td {} },
                            }
                        }
                    }
                }
                tfoot {
                    tr { th { @if ended { "until the end was in the log" } @else { "so far" } } (cell(length_us)) (parts(total)) }
                }
            }
        }
    }
}
