//! `/parked`: all messages that services have parked and nobody has resolved.

mod texts;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use serde::Deserialize;
use wallet_runtime::extract::FormParams;
use wallet_runtime::place::Root;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;
use wallet_view::text::clean;

use self::texts::{Text, Texts};
use super::layout::{self, Here};
use super::{parts, reading};
use crate::handler::{Ledger, limit};
use crate::listing::places;
use crate::parked::{self, Parked};

/// The number of messages on a page.
const ROWS: i64 = 50;
/// Subjects up to this length are shown in full.
const SUBJECT: usize = 40;

pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new()
        .route("/parked", get(list))
        .layer(Extension(Texts::default()))
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Query {
    before: String,
    limit: String,
}

async fn list(
    State(running): Ledger,
    Extension(texts): Extension<Texts>,
    FormParams(query): FormParams<Query>,
) -> Result<Markup, Problem> {
    let filled_in = |text| Some(text).filter(|text: &&str| !text.is_empty());
    let rows = limit(filled_in(&query.limit), ROWS)?;
    let (mut dbs, lag) = reading::all(&running).await?;
    let places = places::back(&mut dbs, filled_in(&query.before)).await?;
    let page = parked::page(&mut dbs, places, false, rows).await?;
    drop(dbs);
    let texts = texts.of(&running, &page.items).await;
    let body = html! {
        h1 { "Parked" }
        p { "Messages that the services could not read or handle, and the messages that wait for them. What to do about them: " code { "wallet parked --help" } "." }
        (reading::notice(lag))
        @if page.items.is_empty() { p.muted { "Nothing is parked." } }
        (table(&page.items, Some(&texts)))
        nav.pages aria-label="Pages" {
            @if query.before.is_empty() { span {} } @else { a.button rel="prev" href=(parts::url(Root::TOP, "/parked", &[("limit", &query.limit)])) { "Newest" } }
            @if let Some(next) = &page.next {
                a.button rel="next" href=(parts::url(Root::TOP, "/parked", &[("before", next), ("limit", &query.limit)])) { "Older →" }
            }
        }
    };
    Ok(layout::page(&running, Root::TOP, "Parked", Here::Health, &body))
}

/// Parked messages, newest first, in a short form.
pub(super) fn short(parked: &[Parked]) -> Markup {
    table(parked, None)
}

/// The same with their texts, as far as they could be read.
fn table(parked: &[Parked], texts: Option<&BTreeMap<String, Text>>) -> Markup {
    html! {
        @if !parked.is_empty() {
            table.cards {
                caption.visually-hidden { "Parked, newest first" }
                thead { tr { th scope="col" { "id" } th scope="col" { "service" } th scope="col" { "subject" } th scope="col" { "reason" } @if texts.is_some() { th scope="col" { "message" } } th scope="col" { "time (UTC)" } } }
                tbody { @for message in parked {
                    tr data-row data-id=(message.id) {
                        td data-label="id" { span.mono { (message.id) } }
                        td data-label="service" { span.nowrap { (message.service) } }
                        td data-label="subject" { span.mono.long[message.subject.len() > SUBJECT] { (message.subject) } }
                        td data-label="reason" { span.long { (clean(&message.detail)) } }
                        @if let Some(texts) = texts { td.message data-label="message" { (texts::markup(&message.id, texts.get(&message.id))) } }
                        td data-label="time (UTC)" { (parts::time(&message.time)) }
                    }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer::samples;

    #[test]
    fn the_list_has_the_text_of_each_message() {
        let parked = [Parked::sample(7), Parked::sample(8)];
        let texts = BTreeMap::from([(parked[0].id.clone(), Text::of("no <b>JSON"))]);
        let list = table(&parked, Some(&texts)).into_string();
        assert!(list.contains("no &lt;b&gt;JSON"), "{list}");
        assert!(list.contains("wallet parked show debit/0/8"), "{list}");
        samples::columns_agree(&list);
        samples::columns_agree(&short(&parked).into_string());
    }
}
