//! `/flows/{transfer id}` and `/traces/{trace id}`: one flow in six views that share one selected step.
//!
//! | part | shows |
//! |---|---|
//! | [`page`] | around the tabs: story, facts, links, the selected step |
//! | [`sequence`] | messages between services, on lifelines |
//! | [`timeline`] | where the time went |
//! | [`causes`] | what caused what |
//! | [`money`] | the balances of payer and payee after each step |
//! | [`phases`] | the cells of the phase table that the flow went through |
//! | [`events`] | each event as it is in the log |
//! | [`export`] | files to download |
//! | [`live`] | the page again, while a flow is running |
//!
//! Tab and selected step are in the URL, so every view can be linked to and works without the script.

mod causes;
mod events;
mod export;
mod live;
mod money;
mod page;
mod phases;
mod sequence;
mod step;
mod svg;
#[cfg(test)]
mod tests;
mod timeline;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;
use wallet_contract::id::TransferId;
use wallet_contract::trace::TraceId;
use wallet_runtime::extract::{FormParams, PathParam};
use wallet_runtime::place::Root;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;
use wallet_view::flow::Flow;
use wallet_view::steps::{self, Step};

use super::layout::{self, Here};
use super::parts;
use crate::handler::{Ledger, limit};
use crate::whole::{self, Found};

/// From each of these pages to the viewer's root.
const ROOT: Root = Root::BELOW;
/// The number of a trace's flows on a page.
const ROWS: i64 = 100;

/// The routes of flow pages.
pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new()
        .route("/flows/{id}", get(flow))
        .route("/flows/{id}/live", get(live::live))
        .route("/flows/{id}/export.otlp.json", get(export::otlp))
        .route("/flows/{id}/export.mmd", get(export::mermaid))
        .route("/flows/{id}/export.html", get(export::page))
        .route("/traces/{id}", get(trace))
}

/// The query of a flow page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    payer: Option<String>,
    tab: Option<String>,
    step: Option<usize>,
}

impl Query {
    /// The open tab.
    fn tab(&self) -> Result<Tab, Problem> {
        let Some(word) = self.tab.as_deref().filter(|word| !word.is_empty()) else {
            return Ok(Tab::Sequence);
        };
        let unknown = || {
            let words = Tab::ALL.map(Tab::word).join(", ");
            Problem::bad_request(format!("tab {word:?}: use one of {words}"))
        };
        let tab = Tab::ALL.into_iter().find(|tab| tab.word() == word);
        tab.ok_or_else(unknown)
    }
}

/// The index of a step from its number, which counts from 1.
fn place(number: usize, steps: usize) -> Result<usize, Problem> {
    let place = number.checked_sub(1).filter(|place| *place < steps);
    place.ok_or_else(|| Problem::bad_request(format!("step {number}: this flow has {steps}, counted from 1")))
}

/// One view of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Sequence,
    Timeline,
    Causes,
    Money,
    Phases,
    Events,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Sequence,
        Self::Timeline,
        Self::Causes,
        Self::Money,
        Self::Phases,
        Self::Events,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Sequence => "sequence",
            Self::Timeline => "timeline",
            Self::Causes => "causes",
            Self::Money => "money",
            Self::Phases => "phases",
            Self::Events => "events",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Sequence => "Sequence",
            Self::Timeline => "Timeline",
            Self::Causes => "Causes",
            Self::Money => "Money",
            Self::Phases => "Phases",
            Self::Events => "Events",
        }
    }
}

/// Where a view is shown: on a page, or in a downloaded file, which has no other pages to link to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Page,
    File,
}

/// A flow, and how it is shown.
struct View<'f> {
    flow: &'f Flow,
    steps: Vec<Step>,
    tab: Tab,
    /// The index of the selected step.
    selected: Option<usize>,
    now: Timestamp,
    medium: Medium,
    /// Whether other flows have the same trace.
    has_siblings: bool,
    /// The URL of the trace in another tool, with `{trace_id}` as placeholder.
    trace_url: Option<&'f str>,
}

impl<'f> View<'f> {
    /// A view of a flow. Fails if the flow does not have the selected step.
    fn new(running: &'f Running, flow: &'f Flow, query: &Query) -> Result<Self, Problem> {
        let steps = steps::of(flow);
        let selected = query.step.map(|number| place(number, steps.len())).transpose()?;
        Ok(Self {
            flow,
            selected,
            steps,
            tab: query.tab()?,
            now: (running.clock)(),
            medium: Medium::Page,
            has_siblings: false,
            trace_url: running.settings.trace_url.as_deref(),
        })
    }

    /// The same, knowing whether its trace has other flows.
    async fn among_others(running: &'f Running, flow: &'f Flow, query: &Query) -> Result<Self, Problem> {
        let view = Self::new(running, flow, query)?;
        let siblings = match flow.trace.parse() {
            Ok(trace) => whole::with_trace(running, trace, None, 2).await.ok(),
            Err(_) => None,
        };
        Ok(Self {
            has_siblings: siblings.is_some_and(|page| page.items.len() > 1),
            ..view
        })
    }

    /// The URL of this flow with another tab and step.
    fn url(&self, tab: Tab, step: Option<usize>) -> String {
        match (self.medium, step) {
            (Medium::File, Some(step)) => format!("#step-{}", step + 1),
            (Medium::File, None) => format!("#{}", tab.word()),
            (Medium::Page, _) => {
                let flow = parts::flow_url(ROOT, &self.flow.transfer.to_string(), &self.flow.payer);
                let step = step.map_or_else(String::new, |step| format!("&step={}", step + 1));
                format!("{flow}&tab={}{step}#view", tab.word())
            }
        }
    }

    /// The URL of a step in the open tab.
    fn step_url(&self, step: usize) -> String {
        self.url(self.tab, Some(step))
    }

    fn is_selected(&self, step: usize) -> bool {
        self.selected == Some(step)
    }
}

async fn flow(
    State(running): Ledger,
    PathParam(id): PathParam,
    FormParams(query): FormParams<Query>,
) -> Result<Response, Problem> {
    let id: TransferId = Problem::parse("transfer", &id)?;
    let found = whole::with_id(&running, id, query.payer.as_deref()).await?;
    if found.len() > 1 {
        let lead = format!(
            "{} payers used the id {id}, each for a transfer of its own.",
            found.len()
        );
        return Ok(choice(
            &running,
            "Which payer's transfer?",
            &lead,
            found.values(),
            None,
        ));
    }
    let flow = Box::pin(whole::only(id, found)?.whole(&running)).await?;
    let view = Box::pin(View::among_others(&running, &flow, &query)).await?;
    Ok(page::page(&running, &view).into_response())
}

/// The query of a trace page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Trace {
    after: String,
    limit: String,
    tab: Option<String>,
    step: Option<usize>,
}

async fn trace(
    State(running): Ledger,
    PathParam(id): PathParam,
    FormParams(query): FormParams<Trace>,
) -> Result<Response, Problem> {
    let id: TraceId = Problem::parse("trace", &id)?;
    let filled_in = |text: &'_ str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (after, rows) = (
        filled_in(&query.after),
        limit(filled_in(&query.limit).as_deref(), ROWS)?,
    );
    let mut page = whole::with_trace(&running, id, after.as_deref(), rows).await?;
    if page.items.len() == 1
        && after.is_none()
        && page.next.is_none()
        && let Some(only) = page.items.pop()
    {
        let flow = Box::pin(only.whole(&running)).await?;
        let query = Query {
            payer: None,
            tab: query.tab,
            step: query.step,
        };
        return Ok(page::page(&running, &View::new(&running, &flow, &query)?).into_response());
    }
    let lead = format!("These flows have the trace {id}, oldest first.");
    let here = format!("/traces/{id}");
    let next = page
        .next
        .map(|next| parts::url(ROOT, &here, &[("after", &next), ("limit", &query.limit)]));
    Ok(choice(
        &running,
        "Flows of a trace",
        &lead,
        page.items.iter(),
        next,
    ))
}

/// A page of several flows to choose from.
fn choice<'f>(
    running: &Running,
    title: &str,
    lead: &str,
    found: impl Iterator<Item = &'f Found>,
    next: Option<String>,
) -> Response {
    let body = html! {
        h1 { (title) }
        p { (lead) }
        ul.choice {
            @for flow in found.map(Found::head) {
                li data-row data-id=(flow.transfer) {
                    (parts::status(flow.status.word())) " "
                    a.open href=(parts::flow_url(ROOT, &flow.transfer.to_string(), &flow.payer)) {
                        (parts::sentence(&wallet_view::headline::headline(flow)))
                    }
                    " " (parts::at(flow.started_at))
                }
            }
        }
        @if let Some(next) = next { nav.pages aria-label="Pages" { span {} a.button rel="next" href=(next) { "More →" } } }
    };
    layout::page(running, ROOT, title, Here::Transfers, &body).into_response()
}
