//! `/health`: whether the books add up, what is pending and on which service, how far each shard has read, how fast transfers are.

mod facts;
mod pace;

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Router};
use jiff::Timestamp;
use maud::{Markup, html};
use wallet_runtime::place::Root;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use self::facts::{Facts, Shard, Sum};
use self::pace::Pace;
use super::layout::{self, Here};
use super::parts;
use crate::flows::Flow;
use crate::handler::Ledger;
use crate::verdict::{Duty, Verdict, Watch};

pub(super) fn routes(running: &Arc<Running>) -> Router<Arc<Running>> {
    let pace = Pace::default();
    tokio::spawn(pace::watch(running.clone(), pace.clone()));
    Router::new().route("/health", get(health)).layer(Extension(pace))
}

async fn health(
    State(running): Ledger,
    Extension(pace): Extension<Pace>,
    Extension(watch): Extension<Watch>,
) -> Result<Markup, Problem> {
    let facts = Facts::read(&running).await?;
    let found = watch.look(&running).await;
    let now = (running.clock)();
    let body = html! {
        h1 { "Health" }
        (verdict(&found.verdict(now)))
        (sums(&facts))
        div.tiles {
            section.panel { div.big { (parts::grouped(&facts.in_flight.to_string())) } div.muted { "transfers in flight" } }
            section.panel {
                div.big.bad[facts.stuck_in_all.flows > 0] { (parts::grouped(&facts.stuck_in_all.flows.to_string())) @if facts.stuck_in_all.or_more { " or more" } }
                div.muted { a href="./?status=stuck" { "stuck" } }
            }
            section.panel { div.big.bad[facts.parked_in_all > 0] { (parts::grouped(&facts.parked_in_all.to_string())) } div.muted { a href="./parked" { "messages parked" } } }
        }
        (services(&found.services, now))
        (stuck(&facts.stuck))
        @if facts.more_stuck { p { a href="./?status=stuck" { "All stuck transfers →" } } }
        @if !facts.parked.is_empty() { h2 { "Parked, newest first" } (super::parked::short(&facts.parked)) }
        @if !facts.parked.is_empty() { p { a href="./parked" { "All parked messages, with their contents →" } } }
        (pace::charts(&pace))
        (shards(&facts.shards))
    };
    Ok(layout::page(&running, Root::TOP, "Health", Here::Health, &body))
}

fn verdict(verdict: &Verdict) -> Markup {
    let summary = parts::sentence(&verdict.summary);
    html! {
        p.verdict.notice.panel role="status" {
            @if verdict.healthy { strong.good { "✓ " (summary) "." } } @else { strong.bad { "✗ " (summary) "." } }
        }
    }
}

/// One row per service and shard, from what its instances answer.
fn services(duties: &[Duty], now: Timestamp) -> Markup {
    html! {
        h2 { "Services" }
        table.cards {
            thead { tr {
                th scope="col" { "service" } th.num scope="col" { "shard" } th scope="col" { "state" }
                th.num scope="col" { "position" } th.num scope="col" { "instances" } th scope="col" { "last heard from (UTC)" }
            } }
            tbody { @for duty in duties {
                tr {
                    td data-label="service" { (duty.service) }
                    td.num data-label="shard" { (duty.shard) }
                    td data-label="state" { span.long {
                        @match duty.trouble(now) { None => span.good { "✓ " (duty.state) }, Some(trouble) => span.bad { "✗ " (trouble) } }
                    } }
                    td.num data-label="position" {
                        @match duty.position { Some(position) => (parts::grouped(&position.to_string())), None => "–" }
                    }
                    td.num data-label="instances" { (duty.instances.len()) }
                    td data-label="last heard from (UTC)" { @match duty.heard_at { Some(at) => (parts::time(&at.to_string())), None => "not since this ledger started" } }
                }
            } }
        }
    }
}

fn sums(facts: &Facts) -> Markup {
    let messages: i64 = facts.shards.iter().map(|shard| shard.position).sum();
    html! {
        section.panel {
            h2.visually-hidden { "The books" }
            @if facts.sums.is_empty() { p { "No account has been opened yet: there is nothing to add up." } }
            @for sum in &facts.sums {
                p.sum {
                    @if sum.total() == 0 {
                        strong.good { "✓ " (sum.currency) " sums to zero" }
                    } @else if facts.in_flight > 0 || facts.shards.iter().any(|shard| shard.lag != Some(0)) {
                        strong { "… " (sum.currency) " is moving" }
                        " between shards, which are not read at the same instant. Reload this page when nothing is in flight."
                    } @else {
                        strong.bad { "✗ " (sum.currency) " does not sum to zero" }
                        ": run " code { "wallet verify" } ", which names the message at which it went wrong."
                    }
                    br;
                    small { (figures(sum)) " · " (parts::grouped(&sum.accounts.to_string())) " accounts, " (parts::grouped(&messages.to_string())) " messages in the log" }
                }
            }
        }
    }
}

fn figures(sum: &Sum) -> Markup {
    let shown = |minor| parts::grouped(&sum.currency.format_minor(minor));
    html! {
        "available " (shown(sum.available)) " + held " (shown(sum.held)) " + in transit " (shown(sum.in_transit))
        " = " (shown(sum.total()))
    }
}

fn stuck(flows: &[Flow]) -> Markup {
    html! {
        @if !flows.is_empty() {
            h2 { "Stuck, oldest first" }
            table.cards {
                thead { tr { th scope="col" { "transfer" } th scope="col" { "waits for" } th scope="col" { "since (UTC)" } } }
                tbody { @for flow in flows {
                    @let id = flow.transfer().to_string();
                    tr data-row data-id=(id) {
                        td data-label="transfer" { span.id { a.open href=(parts::flow_url(Root::TOP, &id, flow.payer())) title=(id) { (parts::short(&id)) } (parts::copy(&id)) } }
                        @if let Some(stuck) = &flow.json.stuck {
                            td data-label="waits for" { span.long {
                                (stuck.describe())
                            } }
                            td data-label="since (UTC)" { (parts::at(stuck.since)) }
                        }
                    }
                } }
            }
        }
    }
}

fn shards(shards: &[Shard]) -> Markup {
    html! {
        h2 { "Shards" }
        table.cards {
            thead { tr {
                th scope="col" { "shard" } th.num scope="col" { "ledger's position" } th.num scope="col" { "behind" }
                th scope="col" { "server and stream" }
            } }
            tbody { @for shard in shards {
                tr {
                    td data-label="shard" { (shard.number) }
                    td.num data-label="ledger's position" { (parts::grouped(&shard.position.to_string())) }
                    td.num data-label="behind" { @match shard.lag { Some(lag) => (parts::grouped(&lag.to_string())), None => "NATS does not answer" } }
                    td data-label="server and stream" { span.long {
                        @match &shard.wrong { None => span.good { "✓ correct" }, Some(wrong) => span.bad { "✗ " (wrong) } }
                    } }
                }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::verdict::SILENT;
    use crate::viewer::samples;

    fn duty(state: &str, position: Option<u64>) -> Duty {
        Duty {
            service: "credit-svc",
            shard: 0,
            state: state.to_owned(),
            detail: String::new(),
            position,
            instances: Vec::new(),
            heard_at: None,
        }
    }

    #[test]
    fn a_service_never_heard_from_has_no_position() {
        let now = Timestamp::UNIX_EPOCH;
        let shown = |duty| services(&[duty], now).into_string();
        let position = |text: &str| format!("data-label=\"position\">{text}</td>");
        let silent = shown(duty(SILENT, None));
        assert!(silent.contains(&position("–")), "{silent}");
        let silent = shown(duty(SILENT, Some(1_150)));
        assert!(silent.contains(&position("1\u{202f}150")), "{silent}");
        assert_eq!(json!(duty(SILENT, None))["position"], json!(null));
    }

    #[test]
    fn a_service_that_does_not_work_says_why() {
        let now = Timestamp::UNIX_EPOCH;
        let failed = Duty {
            detail: "can't reach its database".to_owned(),
            ..duty("failed", Some(7))
        };
        let shown = services(&[duty("working", Some(7)), failed, duty(SILENT, None)], now);
        insta::assert_snapshot!(samples::lines(shown));
    }

    #[test]
    fn every_column_has_its_heading() {
        let now = Timestamp::UNIX_EPOCH;
        samples::columns_agree(&services(&[duty("working", Some(7))], now).into_string());
        let shard = Shard {
            number: 0,
            position: 7,
            lag: Some(0),
            wrong: None,
        };
        samples::columns_agree(&shards(&[shard]).into_string());
    }
}
