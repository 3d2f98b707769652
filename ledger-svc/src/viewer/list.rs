//! `/`: all flows, newest first; `/find`: from one field to the right page.

mod form;
mod rows;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use uuid::Uuid;
use wallet_contract::id::AccountId;
use wallet_contract::reason::Reason;
use wallet_contract::status::Status;
use wallet_runtime::extract::FormParams;
use wallet_runtime::place::Root;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use super::layout::{self, Here};
use super::parts;
use super::reading;
use crate::handler::Ledger;
use crate::listing::query::{Halted, ListQuery};
use crate::listing::{self, Page, Reader};

/// The number of flows on a page.
pub(super) const ROWS: i64 = 50;

pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new().route("/", get(list)).route("/find", get(find))
}

async fn list(
    State(running): Ledger,
    RawQuery(raw): RawQuery,
    FormParams(query): FormParams<ListQuery>,
) -> Result<Response, Problem> {
    // A form also sends its empty fields; a URL to be shared has none.
    if raw.is_some_and(|raw| raw.split('&').any(|field| field.ends_with('='))) {
        return Ok(Redirect::to(&url("/", &query, None)).into_response());
    }
    let listed = query.read((running.clock)())?;
    let (mut dbs, lag) = reading::all(&running).await?;
    let page = listing::page(&running, &mut dbs, &listed, query.limit(ROWS)?, Reader::Person).await?;
    let rows = rows::rows(&running, &mut dbs, &page).await?;
    drop(dbs);
    let is_filtered = is_filtered(&query);
    let body = html! {
        h1 { "Transfers" }
        (form::form(&query))
        (reading::notice(lag))
        @if page.items.is_empty() && !is_filtered {
            // Live, so that the first transfer appears.
            (empty())
        }
        (table(&query, &rows, page.items.is_empty()))
        (pages(&query, &page))
    };
    Ok(layout::page(&running, Root::TOP, "Transfers", Here::Transfers, &body).into_response())
}

/// The rows of a page as they are now, for live updates.
pub(super) async fn now(running: &Running, query: &ListQuery) -> Result<String, Problem> {
    let listed = query.read((running.clock)())?;
    let mut dbs = Vec::new();
    for (_, pool) in &running.pools {
        dbs.push(pool.acquire().await?);
    }
    let page = listing::page(running, &mut dbs, &listed, query.limit(ROWS)?, Reader::Person).await?;
    Ok(rows::rows(running, &mut dbs, &page).await?.into_string())
}

fn table(query: &ListQuery, rows: &Markup, is_empty: bool) -> Markup {
    // Only the newest page can change much; an older one stays as it was read.
    let live = query.before.is_empty().then(|| url("/live", query, None));
    html! {
        @if is_empty && is_filtered(query) { p.muted { "Nothing in the range searched matches." } }
        table.cards.flows {
            caption.visually-hidden { "Transfers, " @if oldest_first(query) { "oldest first" } @else { "newest first" } }
            thead {
                tr {
                    th scope="col" { "status" } th scope="col" { "transfer" } th scope="col" { "payer → payee" }
                    th.num scope="col" { "amount" } th.num scope="col" { "events" } th.num scope="col" { "duration" }
                    th scope="col" { "last event" } th scope="col" { "started (UTC)" }
                }
            }
            tbody data-live=[live] { (rows) }
        }
    }
}

fn pages(query: &ListQuery, page: &Page) -> Markup {
    html! {
        nav.pages aria-label="Pages" {
            span.muted {
                @if let Some(to) = page.searched_to_us {
                    "Searched up to " (parts::time(&wallet_engine::clock::rfc3339(to))) ". "
                }
                @if query.before.is_empty() { span #live.needs-script role="status" {} }
            }
            span {
                @if !query.before.is_empty() {
                    a.button rel="prev" href=(url("/", query, Some(""))) { @if oldest_first(query) { "Oldest" } @else { "Newest" } } " "
                }
                @if let Some(next) = &page.next {
                    a.button rel="next" href=(url("/", query, Some(next))) {
                        @if page.searched_to_us.is_some() { "Continue searching →" } @else if oldest_first(query) { "Newer →" } @else { "Older →" }
                    }
                }
            }
        }
    }
}

/// The same filter, from another place on if one is given.
fn url(path: &str, query: &ListQuery, before: Option<&str>) -> String {
    let mut query = query.clone();
    if let Some(before) = before {
        before.clone_into(&mut query.before);
    }
    parts::url(Root::TOP, path, &query.fields())
}

/// Whether there is a filter.
fn is_filtered(query: &ListQuery) -> bool {
    let fields = query.fields();
    fields
        .iter()
        .any(|(name, _)| !matches!(*name, "before" | "limit"))
}

/// Stuck flows are listed the other way round: those that have waited longest come first.
fn oldest_first(query: &ListQuery) -> bool {
    query.status.trim() == Halted::Stuck.word()
}

fn empty() -> Markup {
    html! {
        section.panel.empty {
            h2 { "No transfers yet" }
            p { "Send the first transfer. This page shows it as soon as it is in the log." }
            pre { code {
                "wallet open alice --currency USD\n"
                "wallet open bob --currency USD\n"
                "wallet deposit alice 100.00 USD\n"
                "wallet transfer --from alice --to bob --amount 12.50 --currency USD"
            } }
            p.muted { "Not on the usual ports? Add " code { "--nats" } " with the address that " code { "wallet up" } " printed." }
        }
    }
}

/// The search field.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Find {
    q: String,
}

/// From an id to its flow, or from a trace id to its flows; from a status, a reason or a name to the list filtered by it.
async fn find(FormParams(Find { q }): FormParams<Find>) -> Result<Redirect, Problem> {
    let text = q.trim();
    let is_trace = text.len() == 32;
    let place = match Uuid::try_parse(text) {
        Ok(_) if is_trace => format!("/traces/{}", text.to_lowercase()),
        Ok(id) => format!("/flows/{id}"),
        Err(_) if text.is_empty() => "/".to_owned(),
        Err(_) => {
            let word = parts::escaped(text);
            let is_status = Status::ALL.map(Status::word).contains(&text)
                || Halted::ALL.map(Halted::word).contains(&text);
            if is_status {
                format!("/?status={word}")
            } else if text.parse::<Reason>().is_ok() {
                format!("/?reason={word}")
            } else {
                let account: AccountId = text.parse().map_err(|error| {
                    Problem::bad_request(format!(
                        "{text:?} is not a transfer id, trace id, status or reason, and {error}"
                    ))
                })?;
                format!("/?account={}", parts::escaped(account.as_str()))
            }
        }
    };
    Ok(Redirect::to(&Root::TOP.to(&place)))
}
