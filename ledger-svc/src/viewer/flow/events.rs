//! Each request and event as it is in the log.

use maud::{Markup, html};
use wallet_view::text::{clean, pretty_json};

use super::step::{class, known, words};
use super::{Medium, View};

pub(super) fn list(view: &View<'_>) -> Markup {
    html! {
        p.muted { "In causal order. Requests are shown as the client sent them; services' events are CloudEvents." }
        @for index in 0..view.steps.len() { (one(view, index)) }
    }
}

fn one(view: &View<'_>, index: usize) -> Markup {
    let (step, event) = (&view.steps[index], &view.flow.events[view.steps[index].event]);
    let open = view.is_selected(index) || view.medium == Medium::File;
    html! {
        details.event data-row id={ "step-" (index + 1) } open[open] data-id=(event.id) {
            summary class=(class(step.mark)) {
                (index + 1) " " (words(step)) " "
                span.muted { (step.lane.name()) ", WALLET_" (event.shard) ":" (event.sequence) }
            }
            @if view.medium == Medium::Page && !view.is_selected(index) { p { a.open data-swap href=(view.step_url(index)) { "select" } } }
            (known(view, step))
            p {
                "As stored in the log "
                button.copy.needs-script type="button" data-copy=(event.body.get()) { "copy the JSON" }
            }
            pre { @for line in pretty_json(event.body.get()).lines() { (clean(line)) "\n" } }
        }
    }
}
