//! How much may be held and confirmed, and what a reservation's events contain.

use jiff::Timestamp;
use wallet_contract::event::{AccountFact, Event, Fact, MovementFact, Terms};
use wallet_contract::subject::Verb;
use wallet_kernel::testing::{self, ONE, TWO, describe, movement, name, pays};

use super::stage::{
    SECOND, alice, cancels, check, confirms, declined, from_credit, has, promised, request_input, reserves,
    reserves_on,
};

#[test]
fn confirming_more_than_is_held_is_refused() {
    for given in [vec![reserves("4.00")], vec![reserves("4.00"), promised("4.00")]] {
        let more =
            "request.refused: exceeds_reservation: only 4.00 USD is reserved, so 4.01 USD can't be confirmed";
        check(&given, &confirms("4.01"), more, "6.00 + 4.00 held");
        let euros = request_input(Verb::Confirm, r#""amount":"1.00","currency":"EUR""#);
        let other =
            "request.refused: exceeds_reservation: only 4.00 USD is reserved, so 1.00 EUR can't be confirmed";
        check(&given, &euros, other, "6.00 + 4.00 held");
        let invalid = request_input(Verb::Confirm, r#""amount":"1.00""#);
        let needs = "request.refused: invalid_request: confirm needs field \"currency\"";
        check(&given, &invalid, needs, "6.00 + 4.00 held");
    }
}

#[test]
fn a_reservation_is_declined_if_the_payee_can_not_receive() {
    let refused = "reservation.released: account_frozen: bob is frozen";
    check(&[reserves("4.00")], &declined("4.00"), refused, "10.00");
    let late = "request.refused: declined: the reservation is already declined";
    check(
        &[reserves("4.00"), declined("4.00")],
        &confirms(""),
        late,
        "10.00",
    );
}

#[test]
fn held_money_is_not_available() {
    let more = "debit.refused: insufficient_funds: 6.00 USD available, 4.00 USD held, 6.01 USD requested";
    let pays_more = testing::request_input(Verb::Transfer, TWO, "alice", &pays("bob", "6.01"));
    check(&[reserves("4.00")], &pays_more, more, "6.00 + 4.00 held");
    let reserves_more = testing::request_input(Verb::Reserve, TWO, "alice", &pays("bob", "6.01"));
    check(&[reserves("4.00")], &reserves_more, more, "6.00 + 4.00 held");
    let without = "debit.refused: insufficient_funds: 10.00 USD available, 10.01 USD requested";
    check(&[], &reserves("10.01"), without, "10.00");
}

#[test]
fn held_money_counts_against_the_overdraft_limit() {
    let mut player = alice("5.00");
    let reserve = |id, amount| testing::request_input(Verb::Reserve, id, "alice", &pays("bob", amount));
    player.hear(&reserve(ONE, "14.00"));
    assert_eq!(has(&player), "-4.00 + 14.00 held");
    let decided = player.hear(&reserve(TWO, "1.01"));
    let expected = "debit.refused: insufficient_funds: -4.00 USD available, 14.00 USD held, overdraft limit 5.00 USD, \
                    1.01 USD requested";
    assert_eq!(describe(decided.as_ref()), expected);
    let decided = player.hear(&testing::request_input(
        Verb::Reserve,
        testing::THREE,
        "alice",
        &pays("bob", "1.00"),
    ));
    assert_eq!(describe(decided.as_ref()), "funds.reserved");
}

#[test]
fn a_frozen_payer_can_confirm_and_cancel_but_not_reserve() {
    let frozen = || from_credit(Fact::Account(name("alice"), AccountFact::AccountFrozen));
    let refused = "debit.refused: account_frozen: alice is frozen";
    check(&[frozen()], &reserves("4.00"), refused, "10.00");
    let given = [reserves("4.00"), promised("4.00"), frozen()];
    check(&given, &confirms(""), "account.debited", "6.00 + 4.00 in transit");
    let released = "reservation.released: cancelled: alice cancelled it";
    check(&given, &cancels(), released, "10.00");
}

#[test]
fn an_account_with_held_money_can_not_close() {
    let given = [reserves("10.00")];
    let closing = from_credit(Fact::Account(name("alice"), AccountFact::AccountClosing));
    let has = "alice has 0.00 USD available, 10.00 USD held and 0.00 USD in transit";
    let refused = format!("closure.refused: balance_not_zero: {has}");
    check(&given, &closing, &refused, "0.00 + 10.00 held");
}

#[test]
fn a_flow_keeps_the_trace_of_its_reservation() {
    let mut player = alice("0.00");
    let traced = |digit: &str| format!(r#""traceparent":"00-{}-00f067aa0ba902b7-01""#, digit.repeat(32));
    let reserve = format!("{},{}", pays("bob", "4.00"), traced("a"));
    let mut trace = |input| {
        let event: Event = player.hear(&input).unwrap();
        (event.trace.to_string(), event.cause == input.as_cause().id)
    };
    let expected = ("a".repeat(32), true);
    assert_eq!(trace(request_input(Verb::Reserve, &reserve)), expected);
    assert_eq!(
        trace(request_input(Verb::Reserve, &pays("bob", "5.00"))),
        expected
    );
    assert_eq!(trace(request_input(Verb::Confirm, &traced("b"))), expected);
    assert_eq!(trace(request_input(Verb::Cancel, &traced("c"))), expected);
}

#[test]
fn a_reservation_has_its_terms() {
    let mut player = alice("0.00");
    player.at_us = 100 * SECOND;
    let event = player
        .hear(&reserves_on("4.00", r#","auto_confirm":true"#))
        .unwrap();
    let terms = Terms {
        expires: Timestamp::from_second(1000).unwrap(),
        auto_confirm: true,
    };
    assert_eq!(
        event.fact,
        Fact::Movement(
            movement("alice", "bob", "4.00"),
            MovementFact::FundsReserved(terms)
        )
    );
}
