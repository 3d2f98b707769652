//! Amounts and durations are the same wherever they are shown.

use serde_json::{Value, json};
use wallet_contract::event::Failure::{Cancelled, Expired};
use wallet_contract::event::{Fact, MovementFact, RequestFact};
use wallet_contract::reason::Reason;
use wallet_contract::subject::Service;
use wallet_contract::testing::{ONE, name, part};
use wallet_view::flow::Flow;
use wallet_view::headline::headline;
use wallet_view::{critical_path, held, mermaid, span, steps, story, timeline};

use crate::stage::{FlowBuilder, NOON_US, at, paid, refusal, reserved, settled};

/// How long alice thinks before she confirms or cancels.
const HELD_US: i64 = 7_380_000_000;
/// When the promise is stored in the log.
const PROMISED_US: i64 = 4_000;

/// Adds a decision at a given time after alice's delayed confirm or cancel.
fn then(builder: FlowBuilder, service: Service, cause: u128, after_us: i64, fact: Fact) -> FlowBuilder {
    let at_us = PROMISED_US + HELD_US + after_us;
    builder.event_at((service, 0), cause, at_us - 500, at_us, fact)
}

fn word(verb: &str, body: &Value) -> FlowBuilder {
    reserved(false).request_at(PROMISED_US + HELD_US, verb, body)
}

/// 5.00 of 12.50 USD are confirmed after two hours.
fn confirmed() -> FlowBuilder {
    let moved = || part("alice", "bob", "5.00", "12.50");
    let builder = word(
        "confirm",
        &json!({ "id": ONE, "amount": "5.00", "currency": "USD" }),
    );
    let builder = then(
        builder,
        Service::Debit,
        4,
        2_000,
        Fact::Movement(moved(), MovementFact::AccountDebited),
    );
    let builder = then(
        builder,
        Service::Credit,
        5,
        4_000,
        Fact::Movement(moved(), MovementFact::AccountCredited),
    );
    then(
        builder,
        Service::Ledger,
        6,
        6_000,
        Fact::Movement(moved(), MovementFact::TransferSettled),
    )
}

fn cancelled() -> FlowBuilder {
    let by_payer = || refusal(Reason::Cancelled, "alice cancelled it");
    let builder = word("cancel", &json!({ "id": ONE }));
    let builder = then(
        builder,
        Service::Debit,
        4,
        2_000,
        Fact::Movement(paid(), MovementFact::ReservationReleased(Cancelled, by_payer())),
    );
    then(
        builder,
        Service::Ledger,
        5,
        4_000,
        Fact::Request(
            name("alice"),
            RequestFact::TransferFailed(Some(paid()), Cancelled, by_payer()),
        ),
    )
}

/// The reservation expires: debit-svc takes it up 0.3 ms before it decides.
fn expired() -> FlowBuilder {
    let late = || refusal(Reason::Expired, "not confirmed in time");
    let builder = then(
        reserved(false),
        Service::Debit,
        2,
        800,
        Fact::Movement(paid(), MovementFact::ReservationReleased(Expired, late())),
    );
    then(
        builder,
        Service::Ledger,
        4,
        2_800,
        Fact::Request(
            name("alice"),
            RequestFact::TransferFailed(Some(paid()), Expired, late()),
        ),
    )
}

fn in_part(flow: &mut Value) {
    (flow["captured"], flow["released"]) = (json!("5.00"), json!("7.50"));
}

#[test]
fn the_captured_amount_is_shown_wherever_the_amount_is() {
    let flow = confirmed().flow("settled", in_part);
    assert_eq!(flow.money().as_deref(), Some("5.00 of 12.50 USD"));
    let texts = [headline(&flow), story::of(&flow).join(" "), mermaid::of(&flow)];
    for text in &texts {
        assert!(text.contains("5.00 of 12.50 USD"), "{text}");
    }
    let attribute = |name: &str| {
        let spans = span::of(&flow);
        let found = spans[0].attributes.iter().find(|(other, _)| *other == name);
        found.map(|(_, value)| value.clone())
    };
    let text = |text: &str| Some(span::Value::Text(text.to_owned()));
    assert_eq!(attribute("wallet.amount"), text("12.50"));
    assert_eq!(attribute("wallet.captured"), text("5.00"));
    assert_eq!(attribute("wallet.released"), text("7.50"));

    // If all or nothing was captured, or that is not known yet, the amount says it all.
    let amounts = [
        (json!("12.50"), json!("0.00")),
        (json!("0.00"), json!("12.50")),
        (Value::Null, Value::Null),
    ];
    for (captured, released) in amounts {
        let flow = confirmed().flow("settled", |flow| {
            (flow["captured"], flow["released"]) = (captured.clone(), released.clone());
        });
        assert_eq!(flow.money().as_deref(), Some("12.50 USD"), "{captured}");
    }
    let under_way = word(
        "confirm",
        &json!({ "id": ONE, "amount": "5.00", "currency": "USD" }),
    );
    let under_way = then(
        under_way,
        Service::Debit,
        4,
        2_000,
        Fact::Movement(
            part("alice", "bob", "5.00", "12.50"),
            MovementFact::AccountDebited,
        ),
    );
    let flow = under_way.flow("running", in_part);
    assert!(
        headline(&flow).starts_with("alice is paying 5.00 of 12.50 USD reserved for bob; "),
        "{}",
        headline(&flow)
    );
    assert!(story::of(&flow)[0].starts_with("alice is paying 5.00 of 12.50 USD to bob, since "));
}

#[test]
fn time_held_for_the_payer_is_not_latency() {
    #[track_caller]
    fn check(flow: &Flow, took: &str, who: char, head: &str) {
        let steps = steps::of(flow);
        let held = held::of(&steps).unwrap();
        assert_eq!(held.us, HELD_US);
        assert_eq!(flow.held_for_us(), Some(HELD_US));
        assert_eq!(wallet_view::text::span(flow.took().unwrap()), took);
        assert_eq!(headline(flow), head);
        // The held time is no waiting time, and the parts add up to the whole path.
        let total = critical_path::total(&steps);
        let parts = total.wait_us + total.work_us + total.publish_us;
        assert_eq!(parts, critical_path::length_us(&steps));
        assert!(parts < 20_000, "{total:?}");
        // It is drawn as held, and as nothing else, before the step that ended it.
        let bar = timeline::bar(flow, &steps, &steps[held.step]);
        assert_eq!(bar.caused_us - bar.held_us, HELD_US);
        assert_eq!(bar.held_us, PROMISED_US);
        let note = format!("Note right of {who}: held for 2 h 3 min until then");
        assert!(mermaid::of(flow).contains(&note), "{note}");
    }
    check(
        &confirmed().flow("settled", in_part),
        "9.50 ms",
        'C',
        "alice paid 5.00 of 12.50 USD reserved for bob; settled in 9.50 ms, held for 2 h 3 min",
    );
    check(
        &cancelled().flow("cancelled", |_| {}),
        "7.50 ms",
        'C',
        "alice reserved 12.50 USD for bob and cancelled; cancelled in 7.50 ms, held for 2 h 3 min",
    );
    check(
        &expired().flow("expired", |_| {}),
        "6.30 ms",
        'D',
        "alice reserved 12.50 USD for bob and did not confirm in time; expired, held for 2 h 3 min",
    );
}

#[test]
fn the_books_have_the_held_time_where_there_are_no_events() {
    let mut flow = confirmed().flow("settled", |_| {});
    flow.events.clear();
    assert_eq!(flow.took_us(), Some(HELD_US + 9_500), "no held time");
    flow.held_us = Some(HELD_US);
    assert_eq!(flow.took_us(), Some(9_500));
}

#[test]
fn a_reservation_that_never_waited_for_its_payer_was_not_held() {
    let all = || part("alice", "bob", "12.50", "12.50");
    let auto = reserved(true).event(
        Service::Debit,
        3,
        Fact::Movement(all(), MovementFact::AccountDebited),
    );
    assert_eq!(auto.flow("running", |_| {}).held_for_us(), None);
    // Here the confirm waits for the promise, not the promise for the confirm.
    let early = FlowBuilder::default()
        .reserve_request()
        .event(
            Service::Debit,
            1,
            Fact::Movement(paid(), MovementFact::FundsReserved(crate::stage::terms(false))),
        )
        .request("confirm", &json!({ "id": ONE }))
        .event(
            Service::Debit,
            3,
            Fact::Movement(all(), MovementFact::ConfirmationDeferred),
        )
        .event(
            Service::Credit,
            2,
            Fact::Movement(paid(), MovementFact::CreditPromised(crate::stage::terms(false))),
        )
        .event(
            Service::Debit,
            5,
            Fact::Movement(all(), MovementFact::AccountDebited),
        );
    assert_eq!(early.flow("running", |_| {}).held_for_us(), None);
    assert_eq!(
        reserved(false).flow("reserved", |_| {}).held_for_us(),
        None,
        "not over yet"
    );
}

#[test]
fn a_transfer_has_one_duration() {
    let flow = settled().flow("settled", |_| {});
    assert_eq!(flow.ended_at, Some(at(5_500)), "when it was decided");
    assert_eq!(flow.took_us(), Some(5_500));
    assert!(headline(&flow).ends_with("settled in 5.50 ms"));
    assert!(story::of(&flow)[0].ends_with("it was settled after 5.50 ms."));
    assert!(mermaid::of(&flow).contains("settled in 5.50 ms"));
    // The last event is stored in the log a little later: the drawing ends there, and no second duration is shown.
    let steps = steps::of(&flow);
    assert_eq!(critical_path::length_us(&steps), 6_000);
    // A clock that goes back must not make a duration negative.
    let back = settled().flow("settled", |flow| flow["ended_at"] = json!(at(-1)));
    assert_eq!(
        (back.took_us(), back.started_at.as_microsecond()),
        (Some(0), NOON_US)
    );
}
