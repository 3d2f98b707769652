//! The steps of a reservation: reserve, promise, confirm, cancel, expiry.

use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::reason::{Reason, Refusal};
use wallet_kernel::Input;
use wallet_kernel::testing::{describe, part};

use super::stage::{
    SECOND, alice, cancels, check, confirms, declined, due, due_us, from_credit, has, promised, reserves,
    reserves_on, transfers,
};

#[test]
fn reserved_money_is_held_until_it_is_confirmed() {
    check(&[], &reserves("4.00"), "funds.reserved", "6.00 + 4.00 held");
    let promised = [reserves("4.00"), promised("4.00")];
    check(&promised[..1], &promised[1], "nothing", "6.00 + 4.00 held");
    check(
        &promised,
        &confirms(""),
        "account.debited",
        "6.00 + 4.00 in transit",
    );
    let credited = from_credit(Fact::Movement(
        part("alice", "bob", "4.00", "4.00"),
        MovementFact::AccountCredited,
    ));
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
fn a_partial_confirmation_releases_the_rest() {
    let given = [reserves("4.00"), promised("4.00")];
    check(
        &given,
        &confirms("1.50"),
        "account.debited",
        "8.50 + 1.50 in transit",
    );
    let confirmed = [&given[..], &[confirms("1.50")]].concat();
    let again = "request.refused: already_confirmed: the reservation is already confirmed";
    check(&confirmed, &confirms("2.50"), again, "8.50 + 1.50 in transit");
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    let refused = from_credit(Fact::Movement(
        part("alice", "bob", "1.50", "4.00"),
        MovementFact::CreditRefused(refusal),
    ));
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
    let late = "request.refused: already_confirmed: the reservation is already confirming";
    check(&given, &cancels(), late, "6.00 + 4.00 held");
    check(&given, &confirms("4.00"), late, "6.00 + 4.00 held");
}

#[test]
fn a_reserve_that_arrives_after_its_cancel_is_refused() {
    check(&[], &cancels(), "reservation.barred", "10.00");
    let barred = [cancels()];
    let refused = "request.refused: cancelled: cancelled before the request arrived: use a new id";
    check(&barred, &reserves("4.00"), refused, "10.00");
    check(&barred, &transfers("4.00"), refused, "10.00");
    check(
        &barred,
        &confirms(""),
        "request.refused: cancelled: the reservation is already cancelled",
        "10.00",
    );
}

#[test]
fn a_confirm_without_a_reservation_uses_up_the_id() {
    let burnt = [confirms("")];
    let nothing = "debit.refused: no_reservation: nothing is reserved under this id, and it can't be used any more: \
                   reserve under a new id";
    check(&[], &burnt[0], nothing, "10.00");
    check(
        &burnt,
        &reserves("4.00"),
        "request.refused: id_reused: the id was already used by a request that was refused, now reserve of 4.00 USD to \
         bob: use a new id",
        "10.00",
    );
    let paid = [transfers("4.00")];
    let plain = "request.refused: no_reservation: the id names a transfer that is debited, not a reservation";
    check(&paid, &confirms(""), plain, "6.00 + 4.00 in transit");
    check(&paid, &cancels(), plain, "6.00 + 4.00 in transit");
}

#[test]
fn the_first_of_confirm_and_cancel_wins() {
    for given in [vec![reserves("4.00")], vec![reserves("4.00"), promised("4.00")]] {
        let released = "reservation.released: cancelled: alice cancelled it";
        check(&given, &cancels(), released, "10.00");
        let cancelled = [&given[..], &[cancels()]].concat();
        let late = "request.refused: cancelled: the reservation is already cancelled";
        check(&cancelled, &confirms(""), late, "10.00");
        check(&cancelled, &confirms("1.00"), late, "10.00");
        check(&cancelled, &promised("4.00"), "nothing", "10.00");
        check(&cancelled, &declined("4.00"), "nothing", "10.00");
    }
    let confirmed = [reserves("4.00"), promised("4.00"), confirms("")];
    let late = "request.refused: already_confirmed: the reservation is already confirmed";
    check(&confirmed, &cancels(), late, "6.00 + 4.00 in transit");
    let completed = from_credit(Fact::Movement(
        part("alice", "bob", "4.00", "4.00"),
        MovementFact::AccountCredited,
    ));
    let completed = [&confirmed[..], &[completed]].concat();
    let late = "request.refused: already_confirmed: the reservation is already completed";
    check(&completed, &cancels(), late, "6.00");
}

#[test]
fn a_reservation_expires_once_when_it_is_due() {
    let check = |given: &[Input], seconds: i64, expected: &str, money: &str| {
        let mut player = alice("0.00");
        player.at_us = 100 * SECOND;
        player.hear_all(given);
        player.at_us = seconds * SECOND;
        let clock = due(&player);
        assert_eq!(describe(player.hear(&clock).as_ref()), expected);
        assert_eq!(has(&player), money);
        assert_eq!(describe(player.hear(&clock).as_ref()), "nothing");
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
fn an_expired_reservation_can_not_be_confirmed_or_cancelled() {
    let mut player = alice("0.00");
    player.hear_all(&[reserves("4.00"), promised("4.00")]);
    assert_eq!(due_us(&player), Some(900 * SECOND));
    player.at_us = 900 * SECOND;
    player.hear(&due(&player));
    assert_eq!(due_us(&player), None);
    for late in [confirms(""), cancels()] {
        let expected = "request.refused: expired: the reservation is already expired";
        assert_eq!(describe(player.hear(&late).as_ref()), expected);
    }
    assert_eq!(has(&player), "10.00");
}
