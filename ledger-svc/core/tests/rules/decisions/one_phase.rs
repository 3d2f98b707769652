//! Transfers, reversals, and operators' requests.

use std::slice;

use ledger_core::Ledger;
use wallet_contract::event::{AccountFact, Fact, MessageFact, MovementFact, Parked, RequestFact};
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::testing::{ONE, Player, TWO, movement, name, opened, pays, request_input, reversal};

use super::stage::{
    SIDES, booked, check, credit, debit, heard_of, in_transit, load_flow, on, refusal, reserved,
};

#[test]
fn a_transfer_is_booked_through_in_transit() {
    let paid = debit(Fact::Movement(
        movement("alice", "bob", "10.00"),
        MovementFact::AccountDebited,
    ));
    check(&[], &paid, "nothing", &["alice debit -10.00 = -10.00"], &[]);
    let received = credit(Fact::Movement(
        movement("alice", "bob", "10.00"),
        MovementFact::AccountCredited,
    ));
    let settled = ["transfer settled, flow settled"];
    let line = ["bob credit 10.00 = 10.00"];
    check(&[paid], &received, "transfer.settled", &line, &settled);
}

#[test]
fn each_shard_books_its_own_side() {
    let (alice, bob) = SIDES;
    let moved = || movement(alice, bob, "10.00");
    let (mut home, mut away) = (on(alice), on(bob));
    for player in [&mut home, &mut away] {
        load_flow(
            player,
            &credit(Fact::Movement(moved(), MovementFact::AccountCredited)),
        );
        player.hear(&debit(Fact::Movement(moved(), MovementFact::AccountDebited)));
        player.hear(&credit(Fact::Movement(moved(), MovementFact::AccountCredited)));
    }
    assert_eq!(booked(&home.state), [format!("{alice} debit -10.00 = -10.00")]);
    assert_eq!(heard_of(&home.state), ["transfer settled, flow settled"]);
    assert_eq!(booked(&away.state), [format!("{bob} credit 10.00 = 10.00")]);
    assert_eq!(heard_of(&away.state), [""; 0]);
    assert_eq!(in_transit(&home.state, alice), 0);
}

#[test]
fn a_refused_transfer_moves_nothing() {
    for moved in [Some(movement("alice", "bob", "10.00")), None] {
        let refused = debit(Fact::Request(
            name("alice"),
            RequestFact::DebitRefused(moved, None, refusal()),
        ));
        check(
            &[],
            &refused,
            "transfer.failed: account_frozen: bob is frozen",
            &[],
            &["transfer refused, flow refused"],
        );
    }
}

#[test]
fn a_compensated_transfer_is_booked_back() {
    let paid = debit(Fact::Movement(
        movement("alice", "bob", "10.00"),
        MovementFact::AccountDebited,
    ));
    let refused = credit(Fact::Movement(
        movement("alice", "bob", "10.00"),
        MovementFact::CreditRefused(refusal()),
    ));
    check(slice::from_ref(&paid), &refused, "nothing", &[], &[]);
    let reversed = debit(Fact::Movement(
        movement("alice", "bob", "10.00"),
        MovementFact::DebitReversed(refusal()),
    ));
    check(
        &[paid, refused],
        &reversed,
        "transfer.failed: account_frozen: bob is frozen",
        &["alice reversal 10.00 = 0.00"],
        &["transfer compensated, flow compensated"],
    );
}

#[test]
fn a_reversal_is_a_transfer_of_its_own() {
    let fields = format!(r#"{},"reverses":"{TWO}""#, pays("alice", "10.00"));
    let request = request_input(Verb::Reverse, ONE, "bob", &fields);
    let back = || reversal("bob", "alice", "10.00", TWO);
    check(&[], &request, "nothing", &[], &[]);
    check(
        &[],
        &credit(Fact::Movement(back(), MovementFact::ReversalGranted)),
        "nothing",
        &[],
        &[],
    );
    let paid = debit(Fact::Movement(back(), MovementFact::AccountDebited));
    check(
        slice::from_ref(&request),
        &paid,
        "nothing",
        &["bob debit -10.00 = -10.00 of TWO"],
        &[],
    );
    let received = credit(Fact::Movement(back(), MovementFact::AccountCredited));
    let line = ["alice credit 10.00 = 10.00 of TWO"];
    let settled = ["transfer settled, flow settled"];
    check(
        &[request.clone(), paid],
        &received,
        "transfer.settled",
        &line,
        &settled,
    );
    let denied = credit(Fact::Request(
        name("bob"),
        RequestFact::ReversalDenied(Some(back()), refusal()),
    ));
    check(slice::from_ref(&request), &denied, "nothing", &[], &[]);
    let refused = debit(Fact::Request(
        name("bob"),
        RequestFact::DebitRefused(Some(back()), None, refusal()),
    ));
    let failed = "transfer.failed: account_frozen: bob is frozen";
    check(
        &[request, denied],
        &refused,
        failed,
        &[],
        &["transfer refused, flow refused"],
    );
}

#[test]
fn a_late_request_gets_an_outcome_but_does_not_end_the_flow() {
    for verb in [
        Verb::Transfer,
        Verb::Reserve,
        Verb::Confirm,
        Verb::Cancel,
        Verb::Reverse,
    ] {
        let refused = debit(Fact::Request(
            name("alice"),
            RequestFact::RequestRefused(verb, refusal()),
        ));
        let expected = format!("{} refused, flow running", verb.token());
        let given = [
            request_input(Verb::Reserve, ONE, "alice", &pays("bob", "10.00")),
            reserved(),
        ];
        check(&given, &refused, "nothing", &[], &[&expected]);
    }
    let refused = credit(Fact::Request(
        name("alice"),
        RequestFact::RequestRefused(Verb::Freeze, refusal()),
    ));
    check(&[], &refused, "nothing", &[], &["freeze refused, flow refused"]);
}

#[test]
fn an_operators_request_ends_once_carried_out() {
    let usd: Currency = "USD".parse().unwrap();
    let alice = || name("alice");
    let checks = [
        (opened("alice", "0.00"), "open opened, flow done"),
        (
            credit(Fact::Account(alice(), AccountFact::AccountFrozen)),
            "freeze frozen, flow done",
        ),
        (
            credit(Fact::Account(alice(), AccountFact::AccountUnfrozen)),
            "unfreeze unfrozen, flow done",
        ),
        (
            credit(Fact::Account(alice(), AccountFact::AccountClosed)),
            "close closed, flow done",
        ),
        (
            debit(Fact::Account(alice(), AccountFact::ClosureRefused(refusal()))),
            "close refused, flow refused",
        ),
    ];
    for (input, expected) in checks {
        check(&[], &input, "nothing", &[], &[expected]);
    }
    for quiet in [
        credit(Fact::Account(alice(), AccountFact::AccountClosing)),
        debit(Fact::Account(alice(), AccountFact::ClosureAccepted)),
        debit(Fact::Message(MessageFact::MessageParked(Parked {
            place: LogPlace::message(1),
            subject: "wallet.0.bulk".to_owned(),
            detail: "no JSON".to_owned(),
            transfer: None,
        }))),
    ] {
        check(&[], &quiet, "nothing", &[], &[]);
    }
    let mut player = Player::<Ledger>::new(Service::Ledger);
    player.hear(&opened("alice", "5.00"));
    let standing = |player: &Player<Ledger>| {
        player
            .state
            .accounts
            .get(&(alice(), usd))
            .unwrap()
            .standing
            .word()
    };
    for (fact, word) in [
        (Fact::Account(alice(), AccountFact::AccountFrozen), "frozen"),
        (Fact::Account(alice(), AccountFact::AccountUnfrozen), "open"),
        (Fact::Account(alice(), AccountFact::AccountClosing), "closing"),
        (
            Fact::Account(alice(), AccountFact::ClosureRefused(refusal())),
            "open",
        ),
        (Fact::Account(alice(), AccountFact::AccountClosed), "closed"),
    ] {
        player.hear(&credit(fact));
        assert_eq!(standing(&player), word);
    }
}

#[test]
fn a_flow_begins_with_the_first_request_of_its_id() {
    let mut player = Player::<Ledger>::new(Service::Ledger);
    player.hear(&request_input(Verb::Reserve, ONE, "alice", &pays("bob", "10.00")));
    player.hear(&request_input(Verb::Confirm, ONE, "alice", ""));
    player.hear(&request_input(Verb::Freeze, ONE, "alice", ""));
    let flows = player.state.flows.iter();
    let started = flows.map(|((_, kind), flow)| (*kind, flow.start.verb));
    let started: Vec<_> = started.collect();
    assert_eq!(
        started,
        [(Verb::Transfer, Verb::Reserve), (Verb::Freeze, Verb::Freeze)]
    );
}
