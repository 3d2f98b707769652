//! What stands around the tabs.

use serde_json::{Value, json};
use wallet_view::flow::Flow;

use super::{Medium, Tab, View, page};

const OTHER: &str = "0199aaaa-0000-7000-8000-000000000002";

/// alice paid bob, and what else is said of it.
fn flow(more: &Value) -> Flow {
    let mut flow = json!({
        "transfer": "0199aaaa-0000-7000-8000-000000000001", "payer": "alice", "payee": "bob", "amount": "12.50",
        "currency": "USD", "memo": null, "status": "settled", "verb": "transfer", "reason": null, "detail": null,
        "trace": "0199aaaa00007000800000000000000f", "started_at": "2026-01-31T12:00:00.000000Z",
        "ended_at": "2026-01-31T12:00:00.010000Z",
    });
    for (name, value) in more.as_object().unwrap() {
        flow[name] = value.clone();
    }
    serde_json::from_value(flow).unwrap()
}

fn head(flow: &Flow, medium: Medium) -> String {
    let view = View {
        flow,
        steps: Vec::new(),
        tab: Tab::Sequence,
        selected: None,
        now: flow.started_at,
        medium,
        trace_url: None,
    };
    page::head(&view).into_string()
}

/// alice paid bob, who gave it back in this way.
fn given_back(status: &str) -> Flow {
    let back = json!([{ "transfer": OTHER, "payer": "bob", "amount": "1234.50", "status": status }]);
    flow(&json!({ "reversed_by": back }))
}

#[test]
fn the_id_of_another_flow_may_wrap() {
    let reversal = flow(&json!({ "verb": "reverse", "reverses": OTHER }));
    for flow in [given_back("settled"), reversal] {
        for medium in [Medium::Page, Medium::File] {
            let head = head(&flow, medium);
            assert!(head.contains(&format!(">{OTHER}</")), "{head}");
            assert!(!head.contains("class=\"id\""), "{head}");
        }
    }
}
