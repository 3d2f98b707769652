//! The graph of causes, from left to right.

use maud::{Markup, html};
use wallet_view::causes::{self, Node};

use super::step::{class, words};
use super::{View, svg};

const BOX: (i64, i64) = (200, 46);
const COLUMN: i64 = 240;
const ROW: i64 = 66;
const WORDS: usize = 27;

pub(super) fn draw(view: &View<'_>) -> Markup {
    let (nodes, edges) = causes::of(&view.steps);
    let whole = |count: usize| i64::try_from(count).unwrap_or(0);
    let place = |node: &Node| (10 + COLUMN * whole(node.column), 10 + ROW * whole(node.row));
    let columns = nodes.iter().map(|node| node.column + 1).max().unwrap_or(1);
    let rows = nodes.iter().map(|node| node.row + 1).max().unwrap_or(1);
    let content = html! {
        @for edge in &edges {
            @let (from, to) = (place(&nodes[edge.from]), place(&nodes[edge.to]));
            (curve((from.0 + BOX.0, from.1 + BOX.1 / 2), (to.0, to.1 + BOX.1 / 2)))
        }
        @for node in &nodes { (node_box(view, node, place(node))) }
    };
    html! {
        (svg::drawing("Causes: what caused what", COLUMN * whole(columns), ROW * whole(rows) + 6, &content))
        p.muted { "Each request and event is to the right of its cause." }
    }
}

fn curve(from: (i64, i64), to: (i64, i64)) -> Markup {
    let middle = i64::midpoint(from.0, to.0);
    html! {
        path.arrow d={ "M" (from.0) " " (from.1) " C" (middle) " " (from.1) " " (middle) " " (to.1) " " (to.0 - 9) " " (to.1) } {}
        (svg::head(to.0, to.1, 1, "arrow"))
    }
}

fn node_box(view: &View<'_>, node: &Node, (x, y): (i64, i64)) -> Markup {
    let step = &view.steps[node.step];
    let by = step.decided_on.map_or_else(
        || step.lane.name().to_owned(),
        |shard| format!("{}, shard {shard}", step.lane.name()),
    );
    // The shard is written below.
    let words = words(step);
    let words = words.split_once(" on shard ").map_or(&*words, |(words, _)| words);
    let label = format!("{} {words}", node.step + 1);
    html! {
        g data-row class={ "step node " (class(step.mark)) @if view.is_selected(node.step) { " selected" } } {
            a.open href=(view.step_url(node.step)) data-swap aria-label=(format!("Step {label}")) {
                rect.box x=(x) y=(y) width=(BOX.0) height=(BOX.1) rx="6" {}
                (svg::text(x + 10, y + 19, "words", &label, WORDS))
                (svg::text(x + 10, y + 36, "note", &by, WORDS))
            }
        }
    }
}
