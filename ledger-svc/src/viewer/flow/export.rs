//! Downloads: spans for a trace viewer, a diagram, and the page itself as one file.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, PreEscaped, html};
use wallet_contract::id::TransferId;
use wallet_runtime::extract::{FormParams, PathParam};
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;
use wallet_view::flow::Flow;
use wallet_view::text::exact;
use wallet_view::{headline, mermaid as diagram, otlp as file, span};

use super::super::assets::CSS;
use super::page as parts;
use super::{Medium, Query, Tab, View};
use crate::handler::Ledger;
use crate::whole;

pub(super) async fn otlp(
    State(running): Ledger,
    PathParam(id): PathParam,
    FormParams(query): FormParams<Query>,
) -> Result<Response, Problem> {
    let flow = flow(&running, &id, &query).await?;
    let text = file::json(&span::of(&flow)).to_string();
    Ok(attached(&flow, "otlp.json", "application/json", text))
}

pub(super) async fn mermaid(
    State(running): Ledger,
    PathParam(id): PathParam,
    FormParams(query): FormParams<Query>,
) -> Result<Response, Problem> {
    let flow = flow(&running, &id, &query).await?;
    Ok(attached(
        &flow,
        "mmd",
        "text/vnd.mermaid; charset=utf-8",
        diagram::of(&flow),
    ))
}

/// All tabs below one another, with the style sheet included and nothing else: no script, no links to other pages or hosts.
pub(super) async fn page(
    State(running): Ledger,
    PathParam(id): PathParam,
    FormParams(query): FormParams<Query>,
) -> Result<Response, Problem> {
    let flow = flow(&running, &id, &query).await?;
    let view = View {
        medium: Medium::File,
        ..View::new(&running, &flow, &Query::default())?
    };
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (super::super::parts::sentence(&headline::headline(&flow))) }
                // The style sheet is the program's own text.
                style { (PreEscaped(CSS)) }
            }
            body {
                main {
                    (parts::head(&view))
                    @for tab in Tab::ALL {
                        section.panel id=(tab.word()) { h2 { (tab.title()) } (parts::tab(&view, tab)) }
                    }
                    p.muted { "Exported from the log at " (exact(view.now)) "." }
                }
            }
        }
    };
    Ok(attached(
        &flow,
        "html",
        "text/html; charset=utf-8",
        page.into_string(),
    ))
}

async fn flow(running: &Running, id: &str, query: &Query) -> Result<Flow, Problem> {
    let id: TransferId = Problem::parse("transfer", id)?;
    let found = whole::with_id(running, id, query.payer.as_deref()).await?;
    Box::pin(whole::only(id, found)?.whole(running)).await
}

fn attached(flow: &Flow, extension: &str, content_type: &'static str, text: String) -> Response {
    let name = format!("attachment; filename=\"flow-{}.{extension}\"", flow.transfer);
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, text).into_response()
}
