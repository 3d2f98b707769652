//! Where the money is after each step.

use serde_json::json;
use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::subject::Service;
use wallet_contract::testing::part;
use wallet_view::money::{self, Cell, Row};
use wallet_view::steps;

use crate::stage::{FlowBuilder, compensated, reserved, settled};

fn rows(builder: FlowBuilder, status: &str, bookings: serde_json::Value) -> Vec<Row> {
    let flow = builder.flow(status, |flow| flow["bookings"] = bookings);
    let steps = steps::of(&flow);
    assert!(
        flow.bookings
            .iter()
            .all(|line| !money::contradicts(&flow, line, &steps))
    );
    let (currency, rows) = money::of(&flow, &steps).unwrap();
    assert_eq!(currency.code(), "USD");
    assert!(rows.iter().all(|row| row.sum == 0), "{rows:?}");
    rows
}

fn changes(rows: &[Row]) -> Vec<[i64; 4]> {
    let change = |row: &Row| {
        [
            row.payer_available,
            row.payer_held,
            row.in_transit,
            row.payee_available,
        ]
        .map(|cell| cell.change)
    };
    rows.iter().map(change).collect()
}

fn id(number: u128) -> String {
    uuid::Uuid::from_u128(number).to_string()
}

#[test]
fn money_leaves_is_in_transit_and_arrives() {
    let bookings = json!([
        { "event": id(2), "account": "alice", "kind": "debit", "amount": "-12.50", "held": "0.00", "balance": "87.50", "held_balance": "0.00" },
        { "event": id(3), "account": "bob", "kind": "credit", "amount": "12.50", "held": "0.00", "balance": "12.50", "held_balance": "0.00" },
    ]);
    let rows = rows(settled(), "settled", bookings);
    assert_eq!(changes(&rows), [[-1250, 0, 1250, 0], [0, 0, -1250, 1250]]);
    let cell = |change, before, after| Cell {
        change,
        before: Some(before),
        after: Some(after),
    };
    assert_eq!(rows[0].payer_available, cell(-1250, 10_000, 8_750));
    assert_eq!(rows[0].in_transit, cell(1250, 0, 1250));
    assert_eq!(rows[1].payee_available, cell(1250, 0, 1250));
    assert_eq!(rows[1].in_transit, cell(-1250, 1250, 0));
}

#[test]
fn an_event_that_is_not_booked_yet_has_no_balance() {
    let rows = rows(compensated(), "compensated", json!([]));
    assert_eq!(changes(&rows), [[-1250, 0, 1250, 0], [1250, 0, -1250, 0]]);
    assert_eq!(rows[0].payer_available.after, None);
}

#[test]
fn a_hold_can_be_paid_in_part() {
    let moved = || part("alice", "bob", "5.00", "12.50");
    let builder = reserved(false)
        .request(
            "confirm",
            &json!({ "id": wallet_contract::testing::ONE, "amount": "5.00", "currency": "USD" }),
        )
        .event(
            Service::Debit,
            4,
            Fact::Movement(moved(), MovementFact::AccountDebited),
        )
        .event(
            Service::Credit,
            5,
            Fact::Movement(moved(), MovementFact::AccountCredited),
        );
    let rows = rows(builder, "running", json!([]));
    assert_eq!(
        changes(&rows),
        [[-1250, 1250, 0, 0], [750, -1250, 500, 0], [0, 0, -500, 500]]
    );
}

#[test]
fn contradicting_books_are_noticed() {
    let line = json!([{ "event": id(2), "account": "alice", "kind": "debit", "amount": "-12.51", "held": "0.00",
        "balance": "87.49", "held_balance": "0.00" }]);
    let flow = settled().flow("settled", |flow| flow["bookings"] = line);
    let steps = steps::of(&flow);
    assert!(money::contradicts(&flow, &flow.bookings[0], &steps));
}
