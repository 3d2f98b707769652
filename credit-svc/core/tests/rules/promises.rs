//! Promises of credit-svc, and how they end.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

use credit_core::{Credit, PromiseStanding};
use jiff::Timestamp;
use wallet_contract::event::{AccountFact, Fact, Failure, MovementFact, Terms};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::Input;
use wallet_kernel::testing::{
    self, ONE, Player, THREE, TWO, describe, event, key, movement, name, part, request_input,
};

const MOST: &str = "92233720368547758.07";
const ALMOST: &str = "92233720368547757.07";
const FULL: &str = "credit.refused: ceiling_reached: bob's total of credits would overflow";

/// Plays the given inputs on bob's open account, then checks the last input's fact and what bob has received and was promised.
fn check(given: &[Input], when: &Input, expected: &str, money: &str) {
    let mut player = bob();
    player.hear_all(given);
    assert_eq!(describe(player.hear(when).as_ref()), expected);
    assert_eq!(has(&player), money, "{expected}");
}

#[test]
fn a_reservation_is_promised_to_an_open_account() {
    check(
        &[],
        &reserved(ONE, "4.00"),
        "credit.promised",
        "0.00, promised 4.00",
    );
    testing::check::<Credit>(
        Service::Credit,
        &[],
        &reserved(ONE, "4.00"),
        "credit.refused: account_not_found: bob was never opened",
    );
    let frozen = "credit.refused: account_frozen: bob is frozen";
    check(
        &[operator(Verb::Freeze)],
        &reserved(ONE, "4.00"),
        frozen,
        "0.00, promised 0.00",
    );
    let closing = "credit.refused: account_closed: bob is closing";
    check(
        &[operator(Verb::Close)],
        &reserved(ONE, "4.00"),
        closing,
        "0.00, promised 0.00",
    );
}

#[test]
fn a_promise_has_the_movement_and_terms_of_its_reservation() {
    let promised = bob().hear(&reserved(ONE, "4.00")).unwrap();
    assert_eq!(
        promised.fact,
        Fact::Movement(
            movement("alice", "bob", "4.00"),
            MovementFact::CreditPromised(terms())
        )
    );
}

#[test]
fn a_promise_is_kept_even_if_the_account_is_frozen_or_closed() {
    let kept = "account.credited";
    let confirmed = confirmed(ONE, "4.00", "4.00");
    check(&[reserved(ONE, "4.00")], &confirmed, kept, "4.00, promised 0.00");
    let closed = event(
        Service::Debit,
        TWO,
        Fact::Account(name("bob"), AccountFact::ClosureAccepted),
    );
    for between in [
        vec![operator(Verb::Freeze)],
        vec![operator(Verb::Close)],
        vec![operator(Verb::Close), closed],
    ] {
        let given = [&[reserved(ONE, "4.00")], &between[..]].concat();
        check(&given, &confirmed, kept, "4.00, promised 0.00");
    }
}

#[test]
fn a_promise_is_used_only_once() {
    let given = [
        reserved(ONE, "4.00"),
        confirmed(ONE, "4.00", "4.00"),
        operator(Verb::Freeze),
    ];
    let again = "credit.refused: account_frozen: bob is frozen";
    check(
        &given,
        &confirmed(ONE, "4.00", "4.00"),
        again,
        "4.00, promised 0.00",
    );
    assert_eq!(standing(&given), Some(PromiseStanding::Kept));
}

#[test]
fn a_plain_payment_does_not_use_a_promise() {
    let given = [reserved(ONE, "4.00"), operator(Verb::Freeze)];
    let plain = event(
        Service::Debit,
        ONE,
        Fact::Movement(movement("alice", "bob", "4.00"), MovementFact::AccountDebited),
    );
    let refused = "credit.refused: account_frozen: bob is frozen";
    check(&given, &plain, refused, "0.00, promised 4.00");
    check(
        &given,
        &confirmed(TWO, "4.00", "4.00"),
        refused,
        "0.00, promised 4.00",
    );
}

#[test]
fn promises_count_towards_the_ceiling() {
    let given = [reserved(ONE, MOST)];
    let promised = format!("0.00, promised {MOST}");
    check(&given, &reserved(TWO, "0.01"), FULL, &promised);
    let plain = event(
        Service::Debit,
        TWO,
        Fact::Movement(movement("alice", "bob", "0.01"), MovementFact::AccountDebited),
    );
    check(&given, &plain, FULL, &promised);
    check(
        &given,
        &confirmed(ONE, MOST, MOST),
        "account.credited",
        &format!("{MOST}, promised 0.00"),
    );
}

#[test]
fn a_release_frees_the_ceiling() {
    let given = [reserved(ONE, MOST), released(ONE, MOST)];
    check(&given[..1], &given[1], "nothing", "0.00, promised 0.00");
    check(
        &given,
        &reserved(TWO, MOST),
        "credit.promised",
        &format!("0.00, promised {MOST}"),
    );
    assert_eq!(standing(&given), Some(PromiseStanding::Released));
}

#[test]
fn a_partial_confirmation_frees_the_rest() {
    let given = [reserved(ONE, MOST), confirmed(ONE, "1.00", MOST)];
    check(&given[..1], &given[1], "account.credited", "1.00, promised 0.00");
    let rest = format!("1.00, promised {ALMOST}");
    check(&given, &reserved(TWO, ALMOST), "credit.promised", &rest);
    check(&given, &reserved(TWO, MOST), FULL, "1.00, promised 0.00");
}

#[test]
fn releasing_an_unpromised_reservation_changes_nothing() {
    check(&[], &released(ONE, "4.00"), "nothing", "0.00, promised 0.00");
    let other = [reserved(TWO, "1.00")];
    check(&other, &released(ONE, "4.00"), "nothing", "0.00, promised 1.00");
    let declined = [
        operator(Verb::Freeze),
        reserved(ONE, "4.00"),
        reserved(THREE, "1.00"),
    ];
    check(
        &declined,
        &released(ONE, "4.00"),
        "nothing",
        "0.00, promised 0.00",
    );
    assert_eq!(standing(&declined), None);
    let twice = [
        reserved(ONE, "4.00"),
        reserved(TWO, "1.00"),
        released(ONE, "4.00"),
    ];
    check(&twice, &released(ONE, "4.00"), "nothing", "0.00, promised 1.00");
}

#[test]
fn an_account_with_a_promise_can_close() {
    let given = [reserved(ONE, "4.00")];
    check(
        &given,
        &operator(Verb::Close),
        "account.closing",
        "0.00, promised 4.00",
    );
}

fn bob() -> Player<Credit> {
    let mut player = Player::new(Service::Credit);
    player.hear(&request_input(Verb::Open, THREE, "bob", r#""currency":"USD""#));
    player
}

fn has(player: &Player<Credit>) -> String {
    let usd = "USD".parse().unwrap();
    let account = player.state.account(&name("bob"), usd).unwrap();
    let [received, promised] = [account.received, account.promised].map(|minor| usd.format_minor(minor));
    format!("{received}, promised {promised}")
}

/// The standing of the promise for [`ONE`].
fn standing(given: &[Input]) -> Option<PromiseStanding> {
    let mut player = bob();
    player.hear_all(given);
    player
        .state
        .promises
        .get(&key(ONE, "alice"))
        .map(|promise| promise.standing)
}

fn terms() -> Terms {
    Terms {
        expires: Timestamp::from_second(900).unwrap(),
        auto_confirm: false,
    }
}

fn reserved(id: &str, amount: &str) -> Input {
    event(
        Service::Debit,
        id,
        Fact::Movement(
            movement("alice", "bob", amount),
            MovementFact::FundsReserved(terms()),
        ),
    )
}

fn confirmed(id: &str, amount: &str, reserved: &str) -> Input {
    event(
        Service::Debit,
        id,
        Fact::Movement(
            part("alice", "bob", amount, reserved),
            MovementFact::AccountDebited,
        ),
    )
}

fn released(id: &str, amount: &str) -> Input {
    let refusal = Refusal::new(Reason::Cancelled, "alice cancelled it");
    let held = movement("alice", "bob", amount);
    event(
        Service::Debit,
        id,
        Fact::Movement(
            held,
            MovementFact::ReservationReleased(Failure::Cancelled, refusal),
        ),
    )
}

fn operator(verb: Verb) -> Input {
    request_input(verb, THREE, "bob", "")
}
