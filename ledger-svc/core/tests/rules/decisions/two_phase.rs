//! Reservations.

use ledger_core::{Ledger, State};
use wallet_contract::event::{Fact, Failure, MovementFact, RequestFact};
use wallet_contract::id::EventId;
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::Input;
use wallet_kernel::testing::{ONE, Player, key, movement, name, part, pays, request_input};

use super::stage::{SIDES, check, credit, debit, on, promised, refusal, reserved, terms};

#[test]
fn a_reservation_is_held_and_waits_for_its_payer() {
    let reserved = reserved();
    let line = ["alice hold -10.00 = -10.00, 10.00 = 10.00 held"];
    check(&[], &reserved, "nothing", &line, &[]);
    let given = [
        request_input(Verb::Reserve, ONE, "alice", &pays("bob", "10.00")),
        reserved,
    ];
    check(
        &given,
        &promised(false),
        "nothing",
        &[],
        &["reserve reserved, flow reserved"],
    );
    check(&given, &promised(true), "nothing", &[], &[]);
    let deferred = debit(Fact::Movement(
        part("alice", "bob", "4.00", "10.00"),
        MovementFact::ConfirmationDeferred,
    ));
    check(&given, &deferred, "nothing", &[], &[]);
}

#[test]
fn a_confirmation_is_booked_and_the_rest_is_available_again() {
    let given = [reserved(), promised(false)];
    let all = debit(Fact::Movement(
        part("alice", "bob", "10.00", "10.00"),
        MovementFact::AccountDebited,
    ));
    check(
        &given,
        &all,
        "nothing",
        &["alice debit 0.00 = -10.00, -10.00 = 0.00 held"],
        &[],
    );
    let some = debit(Fact::Movement(
        part("alice", "bob", "4.00", "10.00"),
        MovementFact::AccountDebited,
    ));
    check(
        &given,
        &some,
        "nothing",
        &["alice debit 6.00 = -4.00, -10.00 = 0.00 held"],
        &[],
    );
    let given = [&given[..], &[some]].concat();
    let received = credit(Fact::Movement(
        part("alice", "bob", "4.00", "10.00"),
        MovementFact::AccountCredited,
    ));
    let settled = ["transfer settled 4.00, flow settled"];
    check(
        &given,
        &received,
        "transfer.settled",
        &["bob credit 4.00 = 4.00"],
        &settled,
    );
    let reversed = debit(Fact::Movement(
        part("alice", "bob", "4.00", "10.00"),
        MovementFact::DebitReversed(refusal()),
    ));
    check(
        &given,
        &reversed,
        "transfer.failed: account_frozen: bob is frozen",
        &["alice reversal 4.00 = 0.00"],
        &["transfer compensated 4.00, flow compensated"],
    );
}

#[test]
fn a_release_is_booked_and_ends_the_flow() {
    for (failure, word) in [
        (Failure::Cancelled, "cancelled"),
        (Failure::Expired, "expired"),
        (Failure::Refused, "refused"),
    ] {
        let released = Fact::Movement(
            movement("alice", "bob", "10.00"),
            MovementFact::ReservationReleased(failure, refusal()),
        );
        check(
            &[reserved(), promised(false)],
            &debit(released),
            "transfer.failed: account_frozen: bob is frozen",
            &["alice release 10.00 = 0.00, -10.00 = 0.00 held"],
            &[&format!("transfer {word}, flow {word}")],
        );
    }
    check(
        &[],
        &debit(Fact::Request(name("alice"), RequestFact::ReservationBarred)),
        "transfer.failed: cancelled: alice cancelled it before it was reserved",
        &[],
        &["transfer cancelled, flow cancelled"],
    );
}

#[test]
fn a_reservation_waits_for_its_payer_from_promise_to_decision() {
    // In these tests every event has the transfer's id as its cause. The confirm or cancel was in the log at second 9.
    let word_us = 9_000_000;
    let waits = |heard: &[Input]| {
        let mut player = Player::<Ledger>::new(Service::Ledger);
        let word = EventId(key(ONE, "alice").id.0);
        player.state.recorded.insert(word, word_us);
        player.hear_all(heard);
        let flow = player
            .state
            .flows
            .get(&(key(ONE, "alice"), Verb::Transfer))
            .unwrap();
        (flow.promised_us, flow.held_us)
    };
    let request = || request_input(Verb::Reserve, ONE, "alice", &pays("bob", "10.00"));
    let released = |failure| {
        debit(Fact::Movement(
            movement("alice", "bob", "10.00"),
            MovementFact::ReservationReleased(failure, refusal()),
        ))
    };
    let debited = || {
        debit(Fact::Movement(
            part("alice", "bob", "4.00", "10.00"),
            MovementFact::AccountDebited,
        ))
    };
    let given = [request(), reserved(), promised(false)];
    let (promised_us, held_us) = waits(&given);
    let promised_us = promised_us.unwrap();
    assert_eq!(held_us, None);
    assert_eq!(waits(&[request(), reserved(), promised(true)]), (None, None));
    let after = |last: Input| waits(&[&given[..], &[last]].concat());
    let until = |until_us: i64| (Some(promised_us), Some(until_us - promised_us));
    assert_eq!(after(debited()), until(word_us));
    assert_eq!(after(released(Failure::Cancelled)), until(word_us));
    // In these tests events are decided at second 0.
    assert_eq!(after(released(Failure::Expired)), until(0));
    assert_eq!(after(released(Failure::Refused)), (Some(promised_us), None));
    // A promise that comes after a cancel does not start a wait.
    let late = waits(&[
        request(),
        reserved(),
        released(Failure::Cancelled),
        promised(false),
    ]);
    assert_eq!(late, (None, None));
}

#[test]
fn only_the_home_shard_books_held_money() {
    let (alice, bob) = SIDES;
    let mut away = on(bob);
    let (held, terms) = (movement(alice, bob, "10.00"), terms(false));
    away.hear(&debit(Fact::Movement(
        held.clone(),
        MovementFact::FundsReserved(terms),
    )));
    away.hear(&debit(Fact::Movement(
        held,
        MovementFact::ReservationReleased(Failure::Cancelled, refusal()),
    )));
    away.hear(&debit(Fact::Movement(
        part(alice, bob, "4.00", "10.00"),
        MovementFact::AccountDebited,
    )));
    assert_eq!(away.state, State::default());
}
