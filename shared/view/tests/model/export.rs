//! Exports of the viewer: spans, OTLP JSON, Mermaid.

use serde_json::json;
use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;
use wallet_view::span::{self, Kind, Span, Value};
use wallet_view::{expected, mermaid, otlp};

use crate::stage::{FlowBuilder, TRACE, at, compensated, paid, settled};

fn attribute<'s>(span: &'s Span, name: &str) -> Option<&'s Value> {
    let found = span.attributes.iter().find(|(other, _)| *other == name);
    found.map(|(_, value)| value)
}

#[test]
fn a_span_has_the_ids_that_its_event_carries() {
    let flow = settled().flow("settled", |_| {});
    let spans = span::of(&flow);
    assert_eq!(spans.len(), 4);
    for (span, event) in spans.iter().zip(&flow.events) {
        let body: serde_json::Value = serde_json::from_str(event.body.get()).unwrap();
        if let Some(traceparent) = body["traceparent"].as_str() {
            let id = u64::from_be_bytes(span.id);
            assert_eq!(traceparent, format!("00-{TRACE}-{id:016x}-01"));
        }
    }
    assert_eq!(spans[0].parent, None);
    assert!(spans.windows(2).all(|pair| pair[1].parent == Some(pair[0].id)));
    assert!(spans.iter().all(|span| span.start <= span.end));
}

#[test]
fn a_requests_span_lasts_until_its_last_effect() {
    let spans = span::of(&settled().flow("settled", |_| {}));
    let [request, debited, ..] = &spans[..] else {
        panic!()
    };
    assert_eq!((request.service, request.kind), ("client", Kind::Producer));
    assert_eq!((request.start, request.end), (at(0), at(6_000)));
    assert_eq!(request.name, "publish transfer.requested");
    assert_eq!((debited.service, debited.kind), ("debit-svc", Kind::Consumer));
    assert_eq!((debited.start, debited.end), (at(1_200), at(2_000)));
    assert_eq!(debited.events[0].at, at(1_500));
    assert_eq!(debited.name, "process transfer.requested");
    let destination = attribute(debited, "messaging.destination.name");
    assert_eq!(
        destination,
        Some(&Value::Text("wallet.0.cmd.transfer.alice".to_owned()))
    );
}

#[test]
fn a_refusal_is_not_an_error() {
    let spans = span::of(&compensated().flow("compensated", |_| {}));
    assert!(spans.iter().all(|span| span.error.is_none()));
    let reason = attribute(&spans[2], "wallet.refusal.reason");
    assert_eq!(reason, Some(&Value::Text("account_frozen".to_owned())));
    let file = otlp::json(&spans);
    let statuses = file["resourceSpans"].as_array().unwrap().iter();
    let spans = statuses.flat_map(|resource| resource["scopeSpans"][0]["spans"].as_array().unwrap());
    assert!(spans.into_iter().all(|span| span["status"] == json!({})));
}

#[test]
fn the_file_is_otlp_json() {
    let flow = settled().flow("settled", |_| {});
    let file = otlp::json(&span::of(&flow));
    insta::assert_snapshot!(serde_json::to_string_pretty(&file).unwrap());
}

#[test]
fn the_diagram_is_mermaid() {
    let debited = FlowBuilder::default().pay_request().event(
        Service::Debit,
        1,
        Fact::Movement(paid(), MovementFact::AccountDebited),
    );
    let mut flow = debited.flow("running", |_| {});
    flow.expected = expected::of(&flow, Shards::new(2).unwrap());
    let running = mermaid::of(&flow);
    insta::assert_snapshot!(format!(
        "{}\n{running}",
        mermaid::of(&compensated().flow("compensated", |_| {}))
    ));
}

#[test]
fn names_are_escaped_in_a_diagram() {
    let hostile = "bob\n    D->>K: forged; <script>alert(1)</script> %% #35;";
    let flow = settled().flow("settled", |flow| {
        flow["payee"] = json!(hostile);
        flow["events"][0]["type"] = json!(format!("wallet.{hostile}"));
    });
    let text = mermaid::of(&flow);
    assert_eq!(
        text.lines().filter(|line| line.contains("forged")).count(),
        2,
        "{text}"
    );
    assert!(text.lines().skip(3).all(|line| !line.contains('<')), "{text}");
}
