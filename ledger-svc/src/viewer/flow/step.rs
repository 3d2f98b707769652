//! One step, for the page and for each of its tabs.

use maud::{Markup, html};
use wallet_view::skew::Skew;
use wallet_view::steps::{Mark, Step};
use wallet_view::text::{clean, ms, span_us};

use super::super::parts;
use super::View;

/// The mark and the words of a step.
pub(super) fn words(step: &Step) -> String {
    format!("{} {}", step.mark.sign(), step.words)
}

/// The CSS class of a mark.
pub(super) fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Neutral => "mark-neutral",
        Mark::Good => "mark-good",
        Mark::Refused => "mark-refused",
        Mark::Undone => "mark-undone",
    }
}

/// Who published it, where it is in the log, and where its time went.
pub(super) fn known(view: &View<'_>, step: &Step) -> Markup {
    let event = &view.flow.events[step.event];
    let by = step.decided_on.map_or_else(
        || step.lane.name().to_owned(),
        |shard| format!("{} of shard {shard}", step.lane.name()),
    );
    html! {
        dl.facts {
            dt { "Published by" } dd { (by) }
            dt { "Event" } dd data-id=(event.id) { code { (clean(&event.kind)) } " " (parts::id(&event.id.to_string())) }
            dt { "Cause" }
            dd {
                @match step.parent {
                    Some(parent) => a data-swap href=(view.step_url(parent)) { "step " (parent + 1) ", " (view.steps[parent].words) },
                    None => "none: the flow begins here",
                }
            }
            dt { "Log" } dd { "stream WALLET_" (event.shard) ", sequence " (event.sequence) }
            dt { "Stored" } dd { (parts::at(event.recorded_at)) ", " (ms(step.at_us)) " ms after the start" }
            @if let Some(times) = step.times {
                dt { "Decided" } dd { (parts::at(event.time)) }
                dt { "Time" }
                dd {
                    (span_us(times.wait_us)) " waiting, " (span_us(times.work_us)) " working, "
                    (span_us(times.publish_us)) " to publish"
                }
            }
            @if let Some(skew) = step.skew { dt { "Clock" } dd.skew { "⚠ " (flagged(view, step, skew)) } }
        }
    }
}

/// By how much its times contradict the log.
pub(super) fn flagged(view: &View<'_>, step: &Step, skew: Skew) -> String {
    let kind = view.flow.events[step.event].short_kind();
    format!(
        "{}: {}. Times are shown as recorded.",
        clean(kind),
        skew.describe(step.lane.name())
    )
}
