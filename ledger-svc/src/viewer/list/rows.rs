//! One row per flow.

use jiff::Timestamp;
use maud::{Markup, html};
use wallet_contract::shard::Shard;
use wallet_db::{Db, Result};
use wallet_engine::clock::rfc3339;
use wallet_runtime::place::Root;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;
use wallet_view::flow::Flow as FlowJson;
use wallet_view::text::{clean, span_us};

use crate::flows::list::{Summary, summaries};
use crate::flows::{self, Flow, steps};
use crate::listing::Page;
use crate::listing::query::Halted;
use crate::stuck;
use crate::viewer::parts;

/// The content of a row.
struct Row<'p> {
    flow: &'p Flow,
    /// Its status: the stored one, or stuck, or parked.
    word: &'static str,
    /// Why it is stuck or parked, and since when, if it is.
    still: Option<Still>,
    summary: Summary,
}

type Still = (String, Timestamp);

/// The rows of a page, from each shard's database in the order of the shards.
pub(super) async fn rows(running: &Running, dbs: &mut [Db], page: &Page) -> Result<Markup, Problem> {
    let shards = running.settings.shards;
    let transfers: Vec<_> = page.items.iter().map(Flow::transfer).collect();
    let (parked, look) = (
        flows::parked::among(dbs, &transfers).await?,
        stuck::Look::now(running),
    );
    let home = |flow: &Flow| flow.payer().parse().ok().map(|payer| shards.of(&payer));
    let mut rows: Vec<Option<Row<'_>>> = page.items.iter().map(|_| None).collect();
    for (db, shard) in dbs.iter_mut().zip(shards.all()) {
        let here = page.items.iter().zip(&mut rows);
        let (flows, places): (Vec<&Flow>, Vec<_>) =
            here.filter(|(flow, _)| home(flow) == Some(shard)).unzip();
        if flows.is_empty() {
            continue;
        }
        for ((flow, place), summary) in flows.iter().zip(places).zip(summaries(db, &flows).await?) {
            let (word, still) = if let Some(message) = parked.get(&flow.transfer()) {
                let why = message
                    .as_ref()
                    .map(|message| (message.describe(), message.since));
                (Halted::Parked.word(), why)
            } else if let Some(why) = stuck(db, shard, flow, &look).await? {
                (Halted::Stuck.word(), Some(why))
            } else {
                (flow.json.status.word(), None)
            };
            *place = Some(Row {
                flow,
                word,
                still,
                summary,
            });
        }
    }
    Ok(html! { @for row in rows.iter().flatten() { (markup(row)) } })
}

/// What a stuck flow waits for; `None` if it is not stuck. Nothing of this is stored.
async fn stuck(db: &mut Db, shard: Shard, flow: &Flow, look: &stuck::Look) -> Result<Option<Still>> {
    if !flow.is_running() || flow.started_us > look.deadline_us {
        return Ok(None);
    }
    let mut flow = flow.clone();
    flow.json.events = steps::events(db, &flow, shard.0).await?;
    look.mark(&mut flow);
    Ok(flow.json.stuck.map(|stuck| (stuck.describe(), stuck.since)))
}

fn markup(row: &Row<'_>) -> Markup {
    let (json, summary) = (&row.flow.json, &row.summary);
    let id = json.transfer.to_string();
    html! {
        tr data-row data-id=(id) data-key={ (id) "/" (json.payer) "/" (json.verb) } {
            td data-label="status" title=[json.reason.as_deref()] {
                span {
                    (parts::status(row.word))
                    @if let Some(reason) = &json.reason { " " small.reason { (reason) } }
                    @if let Some((why, since)) = &row.still { " " small.reason { (clean(why)) ", since " (parts::at(*since)) } }
                }
            }
            td data-label="transfer" {
                span.id {
                    a.open href=(parts::flow_url(Root::TOP, &id, &json.payer)) title=(id) {
                        span.full { (id) } span.short { (parts::short(&id)) }
                    }
                    (parts::copy(&id))
                }
            }
            td data-label="payer → payee" { span { (parties(row.flow)) } }
            td.num data-label="amount" {
                @if let Some(currency) = &json.currency { span { (parts::amount(json, currency)) } }
            }
            td.num data-label="events" { (summary.events) }
            // The duration of an open flow keeps growing; it is the one at the time of reading, and is not updated.
            td.num data-label="duration" { (duration(json)) }
            td data-label="last event" { span { (wallet_view::flow::short(&summary.last_kind)) } }
            td data-label="started (UTC)" { (parts::time(&rfc3339(row.flow.started_us))) }
        }
    }
}

/// How long it took, and separately how long it was held, which does not count.
fn duration(json: &FlowJson) -> Markup {
    html! {
        span {
            @match json.took_us() { Some(us) => (span_us(us)), None => span.muted { "–" } }
            @if let Some(us) = json.held_for_us().filter(|us| *us > 0) { br; small { "held for " (span_us(us)) } }
        }
    }
}

fn parties(flow: &Flow) -> Markup {
    let json = &flow.json;
    html! {
        @match &json.payee {
            Some(payee) => {
                @if json.verb != "transfer" { small { (json.verb) } " " }
                (parts::account(Root::TOP, &json.payer)) " → " (parts::account(Root::TOP, payee))
            }
            None => { small { (json.verb) } " " (parts::account(Root::TOP, &json.payer)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::viewer::samples;

    #[test]
    fn a_row_shows_amounts_and_duration() {
        let flow = Flow::of(samples::flow(&json!({
            "verb": "reserve", "captured": "5.00", "released": "7.50", "held_us": 3_000,
        })));
        let row = Row {
            flow: &flow,
            word: flow.json.status.word(),
            still: None,
            summary: Summary::default(),
        };
        insta::assert_snapshot!(samples::lines(markup(&row)));
    }

    #[test]
    fn a_stuck_row_says_why() {
        let flow = Flow::of(samples::flow(&json!({ "status": "running", "ended_at": null })));
        let why = "credit-svc of shard 1 has not reacted to account.debited";
        let row = Row {
            flow: &flow,
            word: Halted::Stuck.word(),
            still: Some((why.to_owned(), flow.json.started_at)),
            summary: Summary::default(),
        };
        let row = markup(&row).into_string();
        assert!(row.contains(&format!("{why}, since <time")), "{row}");
    }
}
