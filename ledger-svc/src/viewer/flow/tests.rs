//! The page around the tabs.

use jiff::SignedDuration;
use serde_json::json;
use wallet_view::flow::Flow;
use wallet_view::steps;

use super::super::samples::{self, OTHER, flow};
use super::{Medium, Tab, View, page};

fn view(flow: &Flow, medium: Medium) -> View<'_> {
    View {
        flow,
        steps: Vec::new(),
        tab: Tab::Sequence,
        selected: None,
        now: flow.started_at,
        medium,
        has_siblings: false,
        trace_url: None,
    }
}

/// A reservation of which a part was captured, as a ledger returned it.
fn captured() -> Flow {
    serde_json::from_str(include_str!("../samples/captured.json")).unwrap()
}

/// A transfer that waits for credit-svc, as a ledger returned it.
fn stuck() -> Flow {
    serde_json::from_str(include_str!("../samples/stuck.json")).unwrap()
}

/// The view of a flow with its second step selected, a minute after it began.
fn opened(flow: &Flow, tab: Tab) -> View<'_> {
    View {
        steps: steps::of(flow),
        tab,
        selected: Some(1),
        now: flow.started_at + SignedDuration::from_mins(1),
        has_siblings: true,
        trace_url: Some("https://traces.example/{trace_id}"),
        ..view(flow, Medium::Page)
    }
}

#[test]
fn each_tab_shows_all_steps() {
    let flow = captured();
    for tab in Tab::ALL {
        let shown = page::tab(&opened(&flow, tab), tab);
        insta::assert_snapshot!(format!("captured_{}", tab.word()), samples::lines(shown));
    }
}

#[test]
fn a_page_tells_its_story_and_the_selected_step() {
    for (name, flow) in [("captured", captured()), ("stuck", stuck())] {
        let shown = page::body(&opened(&flow, Tab::Sequence));
        insta::assert_snapshot!(name, samples::lines(shown));
    }
}

fn head(flow: &Flow, medium: Medium) -> String {
    page::head(&view(flow, medium)).into_string()
}

/// alice paid bob, whose reversal has this status.
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

#[test]
fn a_refused_reversal_is_not_shown_as_given_back() {
    for (status, there, back) in [
        ("settled", "<dt>Given back</dt>", "<dt>Gives back</dt>"),
        ("running", "<dt>Being given back</dt>", "<dt>Giving back</dt>"),
        ("refused", "<dt>Not given back</dt>", "<dt>Did not give back</dt>"),
        (
            "compensated",
            "<dt>Not given back</dt>",
            "<dt>Did not give back</dt>",
        ),
    ] {
        let head_of = |flow: &Flow| head(flow, Medium::Page);
        let original = head_of(&given_back(status));
        assert!(original.contains(there), "{original}");
        let reversal = json!({ "verb": "reverse", "reverses": OTHER, "status": status });
        let reversal = head_of(&flow(&reversal));
        assert!(reversal.contains(back), "{reversal}");
    }
}

#[test]
fn a_trace_with_one_flow_is_not_linked() {
    let flow = flow(&json!({}));
    for has_siblings in [false, true] {
        let view = View {
            has_siblings,
            ..view(&flow, Medium::Page)
        };
        let head = page::head(&view).into_string();
        assert_eq!(head.contains("flows of this trace"), has_siblings, "{head}");
    }
}

#[test]
fn amounts_have_one_format() {
    let flow = flow(&json!({
        "amount": "5000.00", "status": "refused", "reason": "insufficient_funds",
        "detail": "alice has 1234.50 USD", "reversed_by": given_back("settled").reversed_by,
    }));
    let head = head(&flow, Medium::Page);
    for amount in ["5000.00", "1234.50"] {
        assert!(!head.contains(amount), "{head}");
        let (thousands, rest) = amount.split_at(1);
        assert!(head.contains(&format!("{thousands}\u{202f}{rest}")), "{head}");
    }
}
