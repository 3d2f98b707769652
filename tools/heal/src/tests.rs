//! What is missing, and the order in which it goes back.

mod order;

use uuid::Uuid;
use wallet_contract::subject::Service;

use super::plan::{Decision, Item, Known, Message, Plan, Position, Publish, Recorded, Stored, Stream, plan};

/// The ids in these tests: a request, the decision on it, and the decision on that.
const REQUEST: u128 = 1;
const DEBITED: u128 = 2;
const CREDITED: u128 = 3;

fn at(service: Service, position: u64, at_us: i64) -> Position {
    Position {
        service,
        position,
        at_us,
        whole_from: 1,
    }
}

/// All services have the same position.
fn all_at(position: u64, at_us: i64) -> Vec<Position> {
    Service::ALL.map(|service| at(service, position, at_us)).to_vec()
}

fn request(id: u128) -> Publish {
    Publish {
        subject: format!("wallet.0.cmd.transfer.a{id}"),
        ..Publish::default()
    }
}

fn stored(service: Service, no: i64) -> Stored {
    Stored {
        service,
        shard: 0,
        no,
    }
}

fn decision(service: Service, no: i64, id: u128, cause: u128, at_us: i64) -> Decision {
    Decision {
        at: stored(service, no),
        is_local: true,
        id: Uuid::from_u128(id),
        cause: Uuid::from_u128(cause),
        at_us,
        answers: service == Service::Debit,
    }
}

fn recorded(id: u128, asked: bool) -> Recorded {
    Recorded {
        id: Uuid::from_u128(id),
        request: asked.then(|| request(id)),
    }
}

fn message(sequence: u64, at_us: i64, ids: &[u128], from_client: bool) -> Message {
    Message {
        sequence,
        at_us,
        ids: ids.iter().copied().map(Uuid::from_u128).collect(),
        request: from_client.then(|| request(ids[0])),
    }
}

/// A transfer that all services have read, in a stream of three messages at 10, 20 and 30 µs.
fn settled() -> Known {
    let stream = Stream {
        first: 1,
        last: 3,
        begins: 1,
        messages: vec![
            message(1, 10, &[REQUEST], true),
            message(2, 20, &[DEBITED], false),
            message(3, 30, &[CREDITED], false),
        ],
    };
    Known {
        positions: all_at(3, 30),
        decisions: vec![
            decision(Service::Debit, 7, DEBITED, REQUEST, 15),
            decision(Service::Credit, 4, CREDITED, DEBITED, 25),
        ],
        recorded: vec![
            recorded(REQUEST, true),
            recorded(DEBITED, false),
            recorded(CREDITED, false),
        ],
        stream: Some(stream),
    }
}

/// Both decisions, in causal order.
fn decisions() -> Vec<Item> {
    vec![
        Item::Event(stored(Service::Debit, 7)),
        Item::Event(stored(Service::Credit, 4)),
    ]
}

/// The request and both decisions.
fn all() -> Vec<Item> {
    [vec![Item::Request(request(REQUEST))], decisions()].concat()
}

fn check(change: impl FnOnce(&mut Known), expected: &Plan) {
    let mut known = settled();
    change(&mut known);
    assert_eq!(&plan(&known), expected);
}

fn cut(known: &mut Known, last: u64) {
    let stream = known.stream.as_mut().expect("the stream exists");
    stream.messages.retain(|message| message.sequence <= last);
    stream.last = last;
}

#[test]
fn a_complete_stream_needs_no_healing() {
    let whole = || Plan {
        reach: 3,
        ..Plan::default()
    };
    check(|_| (), &whole());
    // A service that is catching up reads on.
    check(|known| known.positions[2] = at(Service::Ledger, 1, 10), &whole());
    // A copy that is not there yet is not lost: its service will send it.
    check(
        |known| {
            known.decisions.push(Decision {
                is_local: false,
                ..decision(Service::Debit, 8, 9, CREDITED, 35)
            });
        },
        &whole(),
    );
    assert!(whole().is_empty());
}

#[test]
fn a_deleted_stream_is_restored_in_recorded_order() {
    check(
        |known| known.stream = None,
        &Plan {
            gone: true,
            reach: 4,
            items: all(),
            moved: Service::ALL.to_vec(),
            ..Plan::default()
        },
    );
}

#[test]
fn a_lost_tail_is_filled_and_restored_after_it() {
    check(
        |known| cut(known, 1),
        &Plan {
            reach: 3,
            fill: 2,
            items: decisions(),
            moved: Service::ALL.to_vec(),
            ..Plan::default()
        },
    );
    // A service that had not read so far has lost nothing, and keeps its position.
    check(
        |known| {
            cut(known, 1);
            known.positions[2] = at(Service::Ledger, 1, 10);
            known.recorded.truncate(1);
        },
        &Plan {
            reach: 3,
            fill: 2,
            items: decisions(),
            moved: vec![Service::Debit, Service::Credit],
            ..Plan::default()
        },
    );
}

/// Removes messages from the stream, as a limit does that was set for a moment.
fn tear(known: &mut Known, gone: impl Fn(u64) -> bool) {
    let stream = known.stream.as_mut().expect("the stream exists");
    stream.messages.retain(|message| !gone(message.sequence));
    let first = stream.messages.first();
    stream.first = first.map_or(stream.last + 1, |message| message.sequence);
}

#[test]
fn a_torn_stream_is_restored_completely_at_its_end() {
    let torn = || Plan {
        torn: true,
        reach: 3,
        items: all(),
        moved: Service::ALL.to_vec(),
        ..Plan::default()
    };
    check(|known| tear(known, |sequence| sequence == 1), &torn());
    check(|known| tear(known, |sequence| sequence == 2), &torn());
    check(|known| tear(known, |sequence| sequence == 3), &torn());
    check(|known| tear(known, |_| true), &torn());
    // What no service had read is in no store and can only be counted. Unrecorded messages that still exist go back too.
    check(
        |known| {
            const LATER: u128 = 11;
            let stream = known.stream.as_mut().expect("the stream exists");
            stream.messages.extend([
                message(4, 40, &[10], true),
                message(5, 50, &[LATER], true),
                message(6, 60, &[12], true),
            ]);
            stream.last = 6;
            tear(known, |sequence| sequence == 4 || sequence == 6);
        },
        &Plan {
            reach: 6,
            unread: 2,
            items: [all(), vec![Item::Request(request(11))]].concat(),
            ..torn()
        },
    );
}

#[test]
fn a_healed_stream_needs_healing_only_after_a_new_loss() {
    // Everything is in the stream once more, after 3.
    let healed = |known: &mut Known| {
        let stream = known.stream.as_mut().expect("the stream exists");
        let again = [
            message(4, 40, &[REQUEST], true),
            message(5, 50, &[DEBITED], false),
            message(6, 60, &[CREDITED], false),
        ];
        stream.messages.extend(again);
        stream.last = 6;
        known.positions = all_at(6, 60);
        for at in &mut known.positions {
            at.whole_from = 4;
        }
        tear(known, |sequence| sequence < 3);
    };
    let whole = Plan {
        reach: 6,
        ..Plan::default()
    };
    check(healed, &whole);
    let torn = Plan {
        torn: true,
        items: all(),
        moved: Service::ALL.to_vec(),
        ..whole
    };
    let tear_again = |known: &mut Known| {
        healed(known);
        tear(known, |sequence| sequence == 5);
    };
    check(tear_again, &torn);
    // Interrupted before all services had continued: the last one still waits for everything.
    let broken_off = |known: &mut Known| {
        healed(known);
        known.positions[2].whole_from = 1;
    };
    check(broken_off, &torn);
}

#[test]
fn requests_after_the_loss_are_published_again() {
    const LATER: u128 = 11;
    check(
        |known| {
            cut(known, 1);
            let stream = known.stream.as_mut().expect("the stream exists");
            stream
                .messages
                .extend([message(2, 50, &[LATER], true), message(3, 60, &[], false)]);
            stream.last = 3;
        },
        &Plan {
            reach: 3,
            items: [decisions(), vec![Item::Request(request(LATER))]].concat(),
            moved: Service::ALL.to_vec(),
            ..Plan::default()
        },
    );
}

#[test]
fn an_unrecorded_request_is_rebuilt_from_its_decision() {
    check(
        |known| {
            known.stream = None;
            known.recorded.clear();
            known.positions[2] = at(Service::Ledger, 0, 0);
        },
        &Plan {
            gone: true,
            reach: 4,
            items: [vec![Item::Recalled(stored(Service::Debit, 7))], decisions()].concat(),
            moved: Service::ALL.to_vec(),
            ..Plan::default()
        },
    );
}

#[test]
fn interrupted_healing_continues() {
    // Recreated after 4, with the request back, and no service has continued.
    check(
        |known| {
            known.stream = Some(Stream {
                first: 5,
                last: 5,
                begins: 5,
                messages: vec![message(5, 50, &[REQUEST], true)],
            });
        },
        &Plan {
            reach: 4,
            items: decisions(),
            moved: Service::ALL.to_vec(),
            ..Plan::default()
        },
    );
}

#[test]
fn causes_come_first_whatever_the_clocks() {
    check(
        |known| {
            cut(known, 1);
            known.recorded.truncate(1);
            // credit-svc's clock is slow.
            known.decisions[1].at_us = 5;
            known.decisions.reverse();
        },
        &Plan {
            reach: 3,
            fill: 2,
            items: decisions(),
            moved: Service::ALL.to_vec(),
            ..Plan::default()
        },
    );
}

#[test]
fn a_decision_lost_before_it_was_read_is_restored() {
    check(
        |known| {
            cut(known, 2);
            known.positions = all_at(2, 20);
            known.recorded.truncate(2);
        },
        &Plan {
            reach: 2,
            items: vec![Item::Event(stored(Service::Credit, 4))],
            ..Plan::default()
        },
    );
}

#[test]
fn healing_twice_changes_nothing() {
    check(
        |known| {
            cut(known, 1);
            let stream = known.stream.as_mut().expect("the stream exists");
            stream.messages.extend([
                message(2, 50, &[], false),
                message(3, 51, &[], false),
                message(4, 52, &[DEBITED], false),
                message(5, 53, &[CREDITED], false),
            ]);
            stream.last = 5;
            known.positions = all_at(3, 51);
        },
        &Plan {
            reach: 5,
            ..Plan::default()
        },
    );
}
