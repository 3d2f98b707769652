//! What is missing from the log, and times that contradict it.

use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;
use wallet_view::flow::Flow;
use wallet_view::skew::Skew;
use wallet_view::{causes, critical_path, expected, steps, timeline};

use crate::stage::{FlowBuilder, at, compensated, paid, reserved, settled};

fn missing(flow: &Flow) -> Vec<String> {
    let found = expected::of(flow, Shards::new(2).unwrap());
    found.iter().map(|expected| expected.describe(flow)).collect()
}

#[test]
fn an_expected_event_is_named_until_it_has_arrived() {
    let started = FlowBuilder::default().pay_request();
    assert_eq!(
        missing(&started.flow("running", |_| {})),
        ["debit-svc of shard 1 has not reacted to transfer.requested"]
    );
    let debited = FlowBuilder::default().pay_request().event(
        Service::Debit,
        1,
        Fact::Movement(paid(), MovementFact::AccountDebited),
    );
    let flow = debited.flow("running", |_| {});
    assert_eq!(
        missing(&flow),
        ["credit-svc of shard 0 has not reacted to account.debited"]
    );
    let mut found = expected::of(&flow, Shards::new(2).unwrap());
    assert_eq!(found[0].since, at(2_000));
    assert_eq!(found[0].waited(at(14_002_000)), "for 14.00 s");
    found[0].usually_us = Some(3_000);
    assert_eq!(found[0].waited(at(14_002_000)), "for 14.00 s; usually 3.00 ms");
    // A reservation that waits for its payer waits for no service, and a flow that has ended waits for nothing.
    assert!(missing(&reserved(false).flow("reserved", |_| {})).is_empty());
    assert_eq!(
        missing(&reserved(true).flow("running", |_| {})),
        ["debit-svc of shard 1 has not reacted to credit.promised"]
    );
    assert!(missing(&settled().flow("settled", |_| {})).is_empty());
}

#[test]
fn a_step_is_published_from_its_decision_until_the_log_has_it() {
    let flow = FlowBuilder::default()
        .pay_request()
        .event_at(
            (Service::Debit, 0),
            1,
            1_500,
            2_000,
            Fact::Movement(paid(), MovementFact::AccountDebited),
        )
        .flow("running", |_| {});
    let steps = steps::of(&flow);
    let times = steps[1].times.unwrap();
    assert_eq!(times.publish_us, 500);
    assert_eq!(critical_path::total(&steps), times);
    let bar = timeline::bar(&flow, &steps, &steps[1]);
    assert_eq!(bar.recorded_us - bar.decided_us, 500);
}

#[test]
fn a_clock_that_contradicts_the_log_is_flagged_and_nothing_is_shifted() {
    let check = |decided_us: i64, recorded_us: i64, expected: Option<Skew>| {
        let flow = FlowBuilder::default()
            .pay_request()
            .event_at(
                (Service::Debit, 0),
                1,
                decided_us,
                recorded_us,
                Fact::Movement(paid(), MovementFact::AccountDebited),
            )
            .flow("running", |_| {});
        let steps = steps::of(&flow);
        assert_eq!(steps[1].skew, expected, "{decided_us} {recorded_us}");
        assert_eq!(steps[1].at_us, recorded_us);
    };
    check(1_500, 2_000, None);
    // Within the normal difference between clocks.
    check(-900, 2_000, None);
    check(-5_000, 2_000, Some(Skew::Behind(5_000)));
    check(9_000, 2_000, Some(Skew::Ahead(7_000)));
    assert_eq!(
        Skew::Behind(5_000).describe("debit-svc"),
        "decided 5.00 ms before its cause was stored: debit-svc's clock is behind the NATS server's"
    );
}

#[test]
fn a_cause_comes_before_its_effects() {
    let flow = compensated().pay_request().flow("compensated", |_| {});
    let steps = steps::of(&flow);
    let (nodes, edges) = causes::of(&steps);
    let places: Vec<_> = nodes.iter().map(|node| (node.column, node.row)).collect();
    assert_eq!(places, [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (0, 1)]);
    let edges: Vec<_> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    assert_eq!(edges, [(0, 1), (1, 2), (2, 3), (3, 4)]);
}

#[test]
fn a_step_with_two_effects_has_two_lines() {
    let flow = settled()
        .event(
            Service::Ledger,
            2,
            Fact::Movement(paid(), MovementFact::TransferSettled),
        )
        .flow("settled", |_| {});
    let (nodes, _) = causes::of(&steps::of(&flow));
    let places: Vec<_> = nodes.iter().map(|node| (node.column, node.row)).collect();
    assert_eq!(places, [(0, 0), (1, 0), (2, 0), (3, 0), (2, 1)]);
}
