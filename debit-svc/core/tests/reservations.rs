//! Transfers in two phases: what debit-svc decides, case by case.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

use debit_core::Debit;
use jiff::Timestamp;
use wallet_contract::decider::{Due, Input};
use wallet_contract::event::{Event, Fact, Terms};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_contract::testing::{
    self, ONE, Player, TWO, event, key, movement, name, opened, part, pays, told,
};

const SECOND: i64 = 1_000_000;

/// Plays to an account of alice's with 10.00, then expects the last input's fact, and what alice has behind it.
fn check(given: &[Input], when: &Input, expected: &str, money: &str) {
    let mut player = alice("0.00");
    player.hear_all(given);
    let decided = player.hear(when);
    assert_eq!(told(decided.as_ref()), expected);
    assert_eq!(has(&player), money, "{expected}");
}

#[test]
fn what_is_reserved_is_held_and_moves_when_it_is_confirmed() {
    check(&[], &reserves("4.00"), "funds.reserved", "6.00 + 4.00 held");
    let promised = [reserves("4.00"), promised("4.00")];
    check(&promised[..1], &promised[1], "nothing", "6.00 + 4.00 held");
    check(
        &promised,
        &confirms(""),
        "account.debited",
        "6.00 + 4.00 in transit",
    );
    let credited = says(Fact::AccountCredited(part("alice", "bob", "4.00", "4.00")));
    let confirmed = [&promised[..], &[confirms("")]].concat();
    check(&confirmed, &credited, "nothing", "6.00");
}

#[test]
fn with_auto_confirm_the_promise_confirms() {
    let given = [reserves_on("4.00", r#","auto_confirm":true"#)];
    check(
        &given,
        &promised("4.00"),
        "account.debited",
        "6.00 + 4.00 in transit",
    );
    let early = [&given[..], &[confirms("1.00")]].concat();
    check(
        &given,
        &confirms("1.00"),
        "confirmation.deferred",
        "6.00 + 4.00 held",
    );
    check(
        &early,
        &promised("4.00"),
        "account.debited",
        "9.00 + 1.00 in transit",
    );
}

#[test]
fn a_part_that_is_confirmed_releases_the_rest() {
    let given = [reserves("4.00"), promised("4.00")];
    check(
        &given,
        &confirms("1.50"),
        "account.debited",
        "8.50 + 1.50 in transit",
    );
    let confirmed = [&given[..], &[confirms("1.50")]].concat();
    let again = "request.refused: already_confirmed: the reservation is confirmed already";
    check(&confirmed, &confirms("2.50"), again, "8.50 + 1.50 in transit");
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    let refused = says(Fact::CreditRefused(part("alice", "bob", "1.50", "4.00"), refusal));
    check(
        &confirmed,
        &refused,
        "debit.reversed: account_frozen: bob is frozen",
        "10.00",
    );
}

#[test]
fn a_confirm_before_the_promise_waits_for_it() {
    let given = [reserves("4.00"), confirms("1.50")];
    check(
        &given[..1],
        &given[1],
        "confirmation.deferred",
        "6.00 + 4.00 held",
    );
    check(
        &given,
        &promised("4.00"),
        "account.debited",
        "8.50 + 1.50 in transit",
    );
    check(
        &given,
        &declined("4.00"),
        "reservation.released: account_frozen: bob is frozen",
        "10.00",
    );
    let late = "request.refused: already_confirmed: the reservation is confirming already";
    check(&given, &cancels(), late, "6.00 + 4.00 held");
    check(&given, &confirms("4.00"), late, "6.00 + 4.00 held");
}

#[test]
fn what_is_cancelled_before_it_is_heard_of_is_refused() {
    check(&[], &cancels(), "reservation.barred", "10.00");
    let barred = [cancels()];
    let refused = "request.refused: cancelled: cancelled before it was heard of: use a new id";
    check(&barred, &reserves("4.00"), refused, "10.00");
    check(&barred, &transfers("4.00"), refused, "10.00");
    check(
        &barred,
        &confirms(""),
        "request.refused: cancelled: the reservation is cancelled already",
        "10.00",
    );
}

#[test]
fn a_confirm_of_nothing_burns_the_id() {
    let burnt = [confirms("")];
    let nothing = "debit.refused: no_reservation: nothing is reserved under this id, and now nothing can be: reserve under a \
                   new id";
    check(&[], &burnt[0], nothing, "10.00");
    check(
        &burnt,
        &reserves("4.00"),
        "request.refused: id_reused: the id was used for a request that was not sound, and is burned: use a new id",
        "10.00",
    );
    let paid = [transfers("4.00")];
    let plain =
        "request.refused: no_reservation: the id names a transfer that is debited, and no reservation";
    check(&paid, &confirms(""), plain, "6.00 + 4.00 in transit");
    check(&paid, &cancels(), plain, "6.00 + 4.00 in transit");
}

#[test]
fn the_first_of_confirm_and_cancel_counts() {
    for given in [vec![reserves("4.00")], vec![reserves("4.00"), promised("4.00")]] {
        let released = "reservation.released: cancelled: alice cancelled it";
        check(&given, &cancels(), released, "10.00");
        let cancelled = [&given[..], &[cancels()]].concat();
        let late = "request.refused: cancelled: the reservation is cancelled already";
        check(&cancelled, &confirms(""), late, "10.00");
        check(&cancelled, &confirms("1.00"), late, "10.00");
        check(&cancelled, &promised("4.00"), "nothing", "10.00");
        check(&cancelled, &declined("4.00"), "nothing", "10.00");
    }
    let confirmed = [reserves("4.00"), promised("4.00"), confirms("")];
    let late = "request.refused: already_confirmed: the reservation is confirmed already";
    check(&confirmed, &cancels(), late, "6.00 + 4.00 in transit");
    let completed = says(Fact::AccountCredited(part("alice", "bob", "4.00", "4.00")));
    let completed = [&confirmed[..], &[completed]].concat();
    let late = "request.refused: already_confirmed: the reservation is completed already";
    check(&completed, &cancels(), late, "6.00");
}

#[test]
fn a_reservation_expires_at_its_time_and_once() {
    let check = |given: &[Input], seconds: i64, expected: &str, money: &str| {
        let mut player = alice("0.00");
        player.at_us = 100 * SECOND;
        player.hear_all(given);
        player.at_us = seconds * SECOND;
        let clock = due(&player);
        assert_eq!(told(player.hear(&clock).as_ref()), expected);
        assert_eq!(has(&player), money);
        assert_eq!(told(player.hear(&clock).as_ref()), "nothing");
        assert_eq!(has(&player), money);
    };
    let expired = "reservation.released: expired: not confirmed by 1970-01-01T00:16:40Z";
    for given in [vec![reserves("4.00")], vec![reserves("4.00"), promised("4.00")]] {
        check(&given, 999, "nothing", "6.00 + 4.00 held");
        check(&given, 1000, expired, "10.00");
        check(&given, 5000, expired, "10.00");
    }
    let deferred = [reserves("4.00"), confirms("")];
    check(&deferred, 1000, "nothing", "6.00 + 4.00 held");
    let confirmed = [reserves("4.00"), promised("4.00"), confirms("")];
    check(&confirmed, 1000, "nothing", "6.00 + 4.00 in transit");
    check(&[reserves("4.00"), cancels()], 1000, "nothing", "10.00");
}

#[test]
fn what_has_expired_can_t_be_confirmed_nor_cancelled() {
    let mut player = alice("0.00");
    player.hear_all(&[reserves("4.00"), promised("4.00")]);
    assert_eq!(due_us(&player), Some(900 * SECOND));
    player.at_us = 900 * SECOND;
    player.hear(&due(&player));
    assert_eq!(due_us(&player), None);
    for late in [confirms(""), cancels()] {
        let expected = "request.refused: expired: the reservation is expired already";
        assert_eq!(told(player.hear(&late).as_ref()), expected);
    }
    assert_eq!(has(&player), "10.00");
}

#[test]
fn no_more_than_is_held_can_be_confirmed() {
    for given in [vec![reserves("4.00")], vec![reserves("4.00"), promised("4.00")]] {
        let more =
            "request.refused: exceeds_reservation: 4.00 USD is reserved, 4.01 USD can't be confirmed of it";
        check(&given, &confirms("4.01"), more, "6.00 + 4.00 held");
        let euros = asks(Verb::Confirm, r#""amount":"1.00","currency":"EUR""#);
        let other =
            "request.refused: exceeds_reservation: 4.00 USD is reserved, 1.00 EUR can't be confirmed of it";
        check(&given, &euros, other, "6.00 + 4.00 held");
        let unsound = asks(Verb::Confirm, r#""amount":"1.00""#);
        let needs = "request.refused: invalid_request: confirm needs field \"currency\"";
        check(&given, &unsound, needs, "6.00 + 4.00 held");
    }
}

#[test]
fn a_payee_that_can_t_take_it_declines() {
    let refused = "reservation.released: account_frozen: bob is frozen";
    check(&[reserves("4.00")], &declined("4.00"), refused, "10.00");
    let late = "request.refused: declined: the reservation is declined already";
    check(
        &[reserves("4.00"), declined("4.00")],
        &confirms(""),
        late,
        "10.00",
    );
}

#[test]
fn what_is_held_is_not_available() {
    let more = "debit.refused: insufficient_funds: 6.00 USD available, 4.00 USD held, 6.01 USD asked";
    let pays_more = testing::asks(Verb::Transfer, TWO, "alice", &pays("bob", "6.01"));
    check(&[reserves("4.00")], &pays_more, more, "6.00 + 4.00 held");
    let reserves_more = testing::asks(Verb::Reserve, TWO, "alice", &pays("bob", "6.01"));
    check(&[reserves("4.00")], &reserves_more, more, "6.00 + 4.00 held");
    let without = "debit.refused: insufficient_funds: 10.00 USD available, 10.01 USD asked";
    check(&[], &reserves("10.01"), without, "10.00");
}

#[test]
fn what_is_held_counts_against_the_overdraft_limit() {
    let mut player = alice("5.00");
    let reserve = |id, amount| testing::asks(Verb::Reserve, id, "alice", &pays("bob", amount));
    player.hear(&reserve(ONE, "14.00"));
    assert_eq!(has(&player), "-4.00 + 14.00 held");
    let decided = player.hear(&reserve(TWO, "1.01"));
    let expected = "debit.refused: insufficient_funds: -4.00 USD available, 14.00 USD held, overdraft limit 5.00 USD, 1.01 USD \
                    asked";
    assert_eq!(told(decided.as_ref()), expected);
    let decided = player.hear(&testing::asks(
        Verb::Reserve,
        testing::THREE,
        "alice",
        &pays("bob", "1.00"),
    ));
    assert_eq!(told(decided.as_ref()), "funds.reserved");
}

#[test]
fn a_frozen_payer_reserves_nothing_but_what_it_reserved_is_confirmed_or_cancelled() {
    let frozen = || says(Fact::AccountFrozen(name("alice")));
    let refused = "debit.refused: account_frozen: alice is frozen";
    check(&[frozen()], &reserves("4.00"), refused, "10.00");
    let given = [reserves("4.00"), promised("4.00"), frozen()];
    check(&given, &confirms(""), "account.debited", "6.00 + 4.00 in transit");
    let released = "reservation.released: cancelled: alice cancelled it";
    check(&given, &cancels(), released, "10.00");
}

#[test]
fn an_account_that_holds_money_stays_open() {
    let given = [reserves("10.00")];
    let closing = says(Fact::AccountClosing(name("alice")));
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
    assert_eq!(trace(asks(Verb::Reserve, &reserve)), expected);
    assert_eq!(trace(asks(Verb::Reserve, &pays("bob", "5.00"))), expected);
    assert_eq!(trace(asks(Verb::Confirm, &traced("b"))), expected);
    assert_eq!(trace(asks(Verb::Cancel, &traced("c"))), expected);
}

#[test]
fn a_reservation_names_its_terms() {
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
        Fact::FundsReserved(movement("alice", "bob", "4.00"), terms)
    );
}

/// Alice has 10.00 and may overdraw so much.
fn alice(overdraft: &str) -> Player<Debit> {
    let mut player = Player::new(Service::Debit);
    let paid_in = Fact::AccountCredited(movement("@world", "alice", "10.00"));
    player.hear_all(&[opened("alice", overdraft), event(Service::Credit, TWO, paid_in)]);
    player
}

fn has(player: &Player<Debit>) -> String {
    let usd = "USD".parse().unwrap();
    let account = player.state.account(&name("alice"), usd).unwrap();
    let mut text = usd.format_minor(account.available);
    for (minor, where_to) in [(account.held, "held"), (account.in_transit, "in transit")] {
        if minor != 0 {
            text = format!("{text} + {} {where_to}", usd.format_minor(minor));
        }
    }
    text
}

fn due_us(player: &Player<Debit>) -> Option<i64> {
    player.state.transfers.get(&key(ONE, "alice"))?.due_us()
}

/// What the clock says of the reservation.
fn due(player: &Player<Debit>) -> Input {
    let transfer = key(ONE, "alice");
    let reservation = player
        .state
        .transfers
        .get(&transfer)
        .unwrap()
        .reservation
        .unwrap();
    Input::Due(Due {
        transfer,
        event: reservation.event,
        trace: reservation.trace,
    })
}

/// What credit-svc says in the flow [`ONE`].
fn says(fact: Fact) -> Input {
    event(Service::Credit, ONE, fact)
}

fn promised(amount: &str) -> Input {
    let terms = Terms {
        expires: Timestamp::UNIX_EPOCH,
        auto_confirm: false,
    };
    says(Fact::CreditPromised(movement("alice", "bob", amount), terms))
}

fn declined(amount: &str) -> Input {
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    says(Fact::CreditRefused(movement("alice", "bob", amount), refusal))
}

/// What alice asks in the flow [`ONE`].
fn asks(verb: Verb, fields: &str) -> Input {
    testing::asks(verb, ONE, "alice", fields)
}

fn transfers(amount: &str) -> Input {
    asks(Verb::Transfer, &pays("bob", amount))
}

fn reserves(amount: &str) -> Input {
    reserves_on(amount, "")
}

fn reserves_on(amount: &str, terms: &str) -> Input {
    let fields = format!(r#"{},"expires_in":900{terms}"#, pays("bob", amount));
    asks(Verb::Reserve, &fields)
}

/// All that is held, or so much of it.
fn confirms(amount: &str) -> Input {
    match amount {
        "" => asks(Verb::Confirm, ""),
        _ => asks(Verb::Confirm, &format!(r#""amount":"{amount}","currency":"USD""#)),
    }
}

fn cancels() -> Input {
    asks(Verb::Cancel, "")
}
