//! The phase table, with the cells that this flow went through.

use maud::{Markup, html};
use wallet_kernel::phase::{Phase, Signal, TABLE, words};
use wallet_view::phases::{self, Visit};

use super::View;

pub(super) fn table(view: &View<'_>) -> Markup {
    if !phases::has_phases(view.flow) {
        return html! { p { "An operator's request has no phases: the table is for transfers only." } };
    }
    let visits = phases::of(view.flow, &view.steps);
    html! {
        p { "The decision of debit-svc depends on the transfer's phase (the row) and on the input (the column). The flow went "
            "through the numbered cells, in this order:" }
        ol.visits { @for visit in &visits { (visited(view, visit)) } }
        (whole(view, &visits))
    }
}

fn word(phase: Option<Phase>) -> &'static str {
    phase.map_or("unknown", Phase::word)
}

fn visited(view: &View<'_>, visit: &Visit) -> Markup {
    html! {
        li data-row class=(if view.is_selected(visit.step) { "selected" } else { "" }) {
            a.open data-swap href=(view.step_url(visit.step)) { strong { (word(visit.before)) } " heard " strong { (visit.signal.word()) } }
            ": " (words(visit.rule).replace('`', "")) " → " strong { (word(visit.after)) }
        }
    }
}

/// All cells. On narrow screens the table scrolls, not the page.
fn whole(view: &View<'_>, visits: &[Visit]) -> Markup {
    let through = |phase: Option<Phase>, signal: Signal| {
        let numbers = (1..)
            .zip(visits)
            .filter(move |(_, visit)| (visit.before, visit.signal) == (phase, signal));
        numbers.collect::<Vec<(usize, &Visit)>>()
    };
    let last = visits.last().map(|visit| visit.after);
    html! {
        div.wide tabindex="0" role="group" aria-label="The phase table" {
            table.phases {
                thead { tr { th { "phase" } @for signal in Signal::ALL { th { (signal.word()) } } } }
                tbody {
                    @for (phase, rules) in TABLE {
                        tr {
                            th class=(if last == Some(phase) { "here" } else { "" }) {
                                (word(phase)) @if last == Some(phase) { " ◀ now" }
                            }
                            @for (signal, rule) in Signal::ALL.into_iter().zip(rules) {
                                @let through = through(phase, signal);
                                td class=(if through.is_empty() { "" } else { "through" }) {
                                    @for (number, visit) in &through {
                                        a.number data-swap href=(view.step_url(visit.step)) { (number) } " "
                                    }
                                    (words(rule).replace('`', ""))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
