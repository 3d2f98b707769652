//! The order in which items go back into all streams together.

use wallet_contract::subject::Service;

use super::{request, stored};
use crate::order;
use crate::plan::{Item, Plan, Stored};

/// Asserts the runs, written as `stream: store/numbers`, for runs of at most `limit`.
fn check_runs(plans: [Vec<Item>; 2], limit: usize, expected: &[&str]) {
    let plans = plans.map(|items| Plan {
        items,
        ..Plan::default()
    });
    let text = |item: &Item| match item {
        Item::Request(_) => "request".to_owned(),
        Item::Recalled(at) => format!("recalled {}/{}", at.shard, at.no),
        Item::Event(at) => format!("{} {}/{}", at.service, at.shard, at.no),
    };
    let runs = order::runs(&plans, limit);
    let runs = runs.iter().map(|run| {
        let items: Vec<String> = run.items.iter().map(text).collect();
        format!("{}: {}", run.shard, items.join(", "))
    });
    assert_eq!(runs.collect::<Vec<_>>(), expected);
}

fn decided(service: Service, shard: u16, no: i64) -> Item {
    Item::Event(Stored { service, shard, no })
}

#[test]
fn a_copy_follows_the_event_in_its_home_shard() {
    use Service::{Credit, Debit};
    // Paid from shard 1 to shard 0: both streams hold both events, and each goes first to the shard where it was decided.
    check_runs(
        [
            vec![decided(Debit, 1, 7), decided(Credit, 0, 4)],
            vec![
                Item::Request(request(1)),
                decided(Debit, 1, 7),
                decided(Credit, 0, 4),
            ],
        ],
        10,
        &[
            "1: request",
            "1: debit-svc 1/7",
            "0: debit-svc 1/7",
            "0: credit-svc 0/4",
            "1: credit-svc 0/4",
        ],
    );
    // The other copy was not lost.
    check_runs([vec![decided(Debit, 1, 7)], vec![]], 10, &["0: debit-svc 1/7"]);
}

#[test]
fn a_run_has_one_source_and_a_limit() {
    use Service::Debit;
    let five = (1..=5).map(|no| decided(Debit, 0, no)).collect();
    check_runs(
        [five, vec![Item::Recalled(stored(Debit, 6)), decided(Debit, 0, 6)]],
        2,
        &[
            "0: debit-svc 0/1, debit-svc 0/2",
            "0: debit-svc 0/3, debit-svc 0/4",
            "0: debit-svc 0/5",
            "1: recalled 0/6",
            "1: debit-svc 0/6",
        ],
    );
}

#[test]
fn disagreeing_clocks_do_not_block() {
    use Service::Debit;
    check_runs(
        [
            vec![decided(Debit, 1, 1), decided(Debit, 0, 1)],
            vec![decided(Debit, 0, 1), decided(Debit, 1, 1)],
        ],
        10,
        &[
            "0: debit-svc 1/1",
            "0: debit-svc 0/1",
            "1: debit-svc 0/1",
            "1: debit-svc 1/1",
        ],
    );
}
