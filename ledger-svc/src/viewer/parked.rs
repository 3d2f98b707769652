//! `/parked`: all that the services have set aside, and nobody has seen to.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use wallet_runtime::place::Root;
use wallet_runtime::problem::Problem;
use wallet_runtime::program::Running;
use wallet_runtime::question::Filled;

use super::layout::{self, Here};
use super::{parts, reading};
use crate::api::{Ledger, limit};
use crate::listing::places;
use crate::parked::{self, Parked};

/// How many messages a page has.
const ROWS: i64 = 50;

pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new().route("/parked", get(list))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Question {
    before: String,
    limit: String,
}

async fn list(State(running): Ledger, Filled(asked): Filled<Question>) -> Result<Markup, Problem> {
    let filled_in = |text| Some(text).filter(|text: &&str| !text.is_empty());
    let rows = limit(filled_in(&asked.limit), ROWS)?;
    let (mut dbs, lag) = reading::all(&running).await?;
    let places = places::back(&mut dbs, filled_in(&asked.before)).await?;
    let page = parked::page(&mut dbs, places, false, rows).await?;
    drop(dbs);
    let body = html! {
        h1 { "Parked" }
        p { "What the services could not read or handle, and what waits behind it. " code { "wallet parked --help" } " says what can be done about it." }
        (reading::notice(lag))
        @if page.items.is_empty() { p.muted { "Nothing is set aside." } }
        (table(&page.items))
        nav.pages aria-label="Pages" {
            @if asked.before.is_empty() { span {} } @else { a.button rel="prev" href=(parts::url(Root::TOP, "/parked", &[("limit", &asked.limit)])) { "Newest" } }
            @if let Some(next) = &page.next {
                a.button rel="next" href=(parts::url(Root::TOP, "/parked", &[("before", next), ("limit", &asked.limit)])) { "Older →" }
            }
        }
    };
    Ok(layout::page(&running, Root::TOP, "Parked", Here::Health, &body))
}

/// Messages that were set aside, newest first.
pub(super) fn table(parked: &[Parked]) -> Markup {
    html! {
        @if !parked.is_empty() {
            table.cards {
                caption.visually-hidden { "Parked, newest first" }
                thead { tr { th scope="col" { "id" } th scope="col" { "by" } th scope="col" { "subject" } th scope="col" { "why" } th scope="col" { "time (UTC)" } } }
                tbody { @for message in parked {
                    tr data-row data-id=(message.id) {
                        td data-label="id" { span.mono { (message.id) } }
                        td data-label="by" { (message.service) }
                        td data-label="subject" { span.mono { (message.subject) } }
                        td data-label="why" { span { (message.detail) } }
                        td data-label="time (UTC)" { (parts::time(&message.time)) }
                    }
                } }
            }
        }
    }
}
