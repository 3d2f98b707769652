//! The text below a drawing: the story, the expected events, clocks that contradict the log. It matches the flow's page.

use jiff::Timestamp;
use wallet_terminal::output::{Paint, clean};
use wallet_view::flow::Flow;
use wallet_view::{steps, story};

/// One line for each fact.
pub fn facts(flow: &Flow, now: Timestamp, paint: Paint) -> Vec<String> {
    let mut lines = story::of(flow);
    lines.extend(waits(flow, now, paint));
    for step in steps::of(flow) {
        if let Some(skew) = step.skew {
            let text = format!("⚠ {}: {}", step.words, skew.describe(step.lane.name()));
            lines.push(paint.warn(&text));
        }
    }
    lines
}

/// The expected events that have not been seen yet, and for how long.
pub fn waits(flow: &Flow, now: Timestamp, paint: Paint) -> Vec<String> {
    let expected = flow.expected.iter();
    let text = expected.map(|expected| format!("… {} {}", expected.describe(flow), expected.waited(now)));
    text.map(|text| paint.warn(&clean(&text))).collect()
}

/// The address of the flow's page.
pub fn link(api: &str, flow: &Flow) -> String {
    let payer = percent_encoding::utf8_percent_encode(&flow.payer, percent_encoding::NON_ALPHANUMERIC);
    format!("{api}/flows/{}?payer={payer}", flow.transfer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_expected_event_is_shown_with_a_link_to_the_page() {
        let id = "01900000-0000-7000-8000-000000000001";
        let flow = json!({
            "transfer": id, "payer": "@fees", "payee": "bob", "amount": "1.00", "currency": "USD", "memo": null,
            "status": "running", "verb": "transfer", "reason": null, "detail": null, "trace": "",
            "started_at": "2026-01-31T12:00:00Z", "ended_at": null,
            "expected": [{ "service": "debit-svc", "shard": 1, "after": id, "since": "2026-01-31T12:00:00Z",
                "events": ["wallet.account.debited.v1"], "usually_us": 3_000 }],
        });
        let flow: Flow = serde_json::from_value(flow).unwrap();
        let now = "2026-01-31T12:00:14Z".parse().unwrap();
        assert_eq!(
            facts(&flow, now, Paint::Plain),
            [
                "@fees is paying 1.00 USD to bob, since 2026-01-31 12:00:00 UTC.",
                "It waits: debit-svc of shard 1 has not reacted to its input, since 2026-01-31 12:00:00 UTC.",
                "… debit-svc of shard 1 has not reacted to its input for 14.00 s; usually 3.00 ms",
            ]
        );
        let page = "http://127.0.0.1:8080/flows/01900000-0000-7000-8000-000000000001?payer=%40fees";
        assert_eq!(link("http://127.0.0.1:8080", &flow), page);
    }
}
