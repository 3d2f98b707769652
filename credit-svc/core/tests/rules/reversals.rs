//! Reversals: what credit-svc lets an account give back.

use credit_core::Credit;
use wallet_contract::event::{Fact, Movement, MovementFact, RequestFact};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::testing::{
    ONE, Player, THREE, TWO, describe, event, key, movement, name, part, pays, place, request_input, reversal,
};
use wallet_kernel::{Decider, Input};

const FOUR: &str = "01900000-0000-7000-8000-000000000004";

/// Plays the given inputs on bob, who has received [`ONE`], 10.00 from alice, then checks the last input's fact.
fn check(given: &[Input], when: &Input, expected: &str) {
    let mut player = received(Some(movement("alice", "bob", "10.00")));
    player.hear_all(given);
    assert_eq!(describe(player.hear(when).as_ref()), expected);
}

#[test]
fn a_received_transfer_can_be_reversed() {
    check(&[], &reverse(TWO, "10.00"), "reversal.granted");
    check(&[], &reverse(TWO, "0.01"), "reversal.granted");
    let mut player = received(Some(movement("alice", "bob", "10.00")));
    let granted = player.hear(&reverse(TWO, "4.00")).unwrap();
    assert_eq!(
        granted.fact,
        Fact::Movement(
            reversal("bob", "alice", "4.00", ONE),
            MovementFact::ReversalGranted
        )
    );
    assert!(player.state.reversals.get(&key(TWO, "bob")).unwrap().live);
}

#[test]
fn reversals_can_not_exceed_the_transfer() {
    let more = |left: &str, requested: &str| {
        format!(
            "reversal.denied: exceeds_transfer: {left} USD of 10.00 USD is left of transfer {ONE}, {requested} USD can't be given \
             back"
        )
    };
    check(&[], &reverse(TWO, "10.01"), &more("10.00", "10.01"));
    let once = [reverse(TWO, "4.00")];
    check(&once, &reverse(THREE, "6.01"), &more("6.00", "6.01"));
    check(&once, &reverse(THREE, "6.00"), "reversal.granted");
    let twice = [reverse(TWO, "4.00"), reverse(THREE, "6.00")];
    check(&twice, &reverse(FOUR, "0.01"), &more("0.00", "0.01"));
}

#[test]
fn only_the_confirmed_part_can_be_reversed() {
    let mut player = received(Some(part("alice", "bob", "3.00", "10.00")));
    let denied = player.hear(&reverse(TWO, "3.01"));
    let left = format!(
        "reversal.denied: exceeds_transfer: 3.00 USD of 3.00 USD is left of transfer {ONE}, 3.01 USD can't be given back"
    );
    assert_eq!(describe(denied.as_ref()), left);
    assert_eq!(
        describe(player.hear(&reverse(THREE, "3.00")).as_ref()),
        "reversal.granted"
    );
}

#[test]
fn only_a_transfer_received_from_that_payer_can_be_reversed() {
    let none = |from: &str, id: &str, to: &str| {
        format!("reversal.denied: transfer_not_found: {from} has not received a transfer {id} from {to}")
    };
    let reverse = |from: &str, to: &str, of: &str| {
        let fields = format!(r#"{},"reverses":"{of}""#, pays(to, "1.00"));
        request_input(Verb::Reverse, TWO, from, &fields)
    };
    check(&[], &reverse("bob", "alice", THREE), &none("bob", THREE, "alice"));
    // Wrong direction, somebody else's transfer, wrong payer.
    check(&[], &reverse("alice", "bob", ONE), &none("alice", ONE, "bob"));
    check(&[], &reverse("carol", "alice", ONE), &none("carol", ONE, "alice"));
    check(&[], &reverse("bob", "carol", ONE), &none("bob", ONE, "carol"));
    let mut player = received(None);
    assert_eq!(
        describe(player.hear(&reverse("bob", "alice", ONE)).as_ref()),
        none("bob", ONE, "alice")
    );
}

#[test]
fn a_reversal_must_use_the_transfers_currency() {
    let euros = pays("alice", "1.00").replace("USD", "EUR");
    let euros = request_input(
        Verb::Reverse,
        TWO,
        "bob",
        &format!(r#"{euros},"reverses":"{ONE}""#),
    );
    let left = format!(
        "reversal.denied: exceeds_transfer: 10.00 USD of 10.00 USD is left of transfer {ONE}, 1.00 EUR can't be given back"
    );
    check(&[], &euros, &left);
}

#[test]
fn a_reused_reversal_id_is_rejected() {
    let given = [reverse(TWO, "1.00")];
    let reused = |field: &str, then: &str, now: &str| {
        let detail = format!(
            "the id was already used with a different {field:?}: then {then:?}, now {now:?}: use a new id"
        );
        format!("request.refused: id_reused: {detail}")
    };
    check(&given, &reverse(TWO, "2.00"), &reused("amount", "1.00", "2.00"));
    let undone = [&given[..], &[refused(TWO)]].concat();
    check(&undone, &reverse(TWO, "2.00"), &reused("amount", "1.00", "2.00"));
    let other = |to: &str, fields: &str, of: &str| {
        let fields = format!(r#"{},"reverses":"{of}"{fields}"#, pays(to, "1.00"));
        request_input(Verb::Reverse, TWO, "bob", &fields)
    };
    check(&given, &other("carol", "", ONE), &reused("to", "alice", "carol"));
    check(
        &given,
        &other("alice", "", THREE),
        &reused("reverses", ONE, THREE),
    );
    let memo = "request.refused: id_reused: the id was already used with a different \"memo\", now \"sorry\": use a new id";
    check(&given, &other("alice", r#","memo":"sorry""#, ONE), memo);
    let euros = format!(
        r#"{},"reverses":"{ONE}""#,
        pays("alice", "1.00").replace("USD", "EUR")
    );
    check(
        &given,
        &request_input(Verb::Reverse, TWO, "bob", &euros),
        &reused("currency", "USD", "EUR"),
    );
    let invalid = "request.refused: invalid_request: reverse needs field \"reverses\"";
    check(
        &given,
        &request_input(Verb::Reverse, TWO, "bob", &pays("alice", "1.00")),
        invalid,
    );
    // Another account may use the same id.
    let carol = request_input(
        Verb::Reverse,
        TWO,
        "carol",
        &format!(r#"{},"reverses":"{ONE}""#, pays("alice", "1.00")),
    );
    let none =
        format!("reversal.denied: transfer_not_found: carol has not received a transfer {ONE} from alice");
    check(&given, &carol, &none);
}

#[test]
fn an_invalid_reversal_is_denied() {
    let fields = pays("alice", "1.00");
    let needs = "reversal.denied: invalid_request: reverse needs field \"reverses\"";
    check(&[], &request_input(Verb::Reverse, TWO, "bob", &fields), needs);
    let mut elsewhere = Player::<Credit>::on(Service::Credit, place(1, 2));
    let payer = ["alice", "bob"]
        .into_iter()
        .find(|payer| !place(1, 2).owns(&name(payer)));
    let payer = payer.unwrap();
    let fields = format!(r#"{},"reverses":"{ONE}""#, pays("carol", "1.00"));
    let denied = elsewhere.hear(&request_input(Verb::Reverse, TWO, payer, &fields));
    let wrong = format!("reversal.denied: wrong_shard: {payer} belongs to shard 0 of 2, this is shard 1");
    assert_eq!(describe(denied.as_ref()), wrong);
}

#[test]
fn a_failed_reversal_can_be_repeated() {
    let given = [reverse(TWO, "10.00")];
    let refusal = || Refusal::new(Reason::InsufficientFunds, "0.00 USD available");
    let back = || reversal("bob", "alice", "10.00", ONE);
    let event_of = |by, fact| event(by, TWO, fact);
    let never = Fact::Request(
        name("bob"),
        RequestFact::DebitRefused(Some(back()), None, refusal()),
    );
    let reversed = Fact::Movement(back(), MovementFact::DebitReversed(refusal()));
    let reused = Fact::Request(name("bob"), RequestFact::RequestRefused(Verb::Reverse, refusal()));
    for fact in [never, reversed, reused.clone()] {
        let failed = [&given[..], &[event_of(Service::Debit, fact)]].concat();
        check(&given, &failed[1], "nothing");
        check(&failed, &reverse(THREE, "10.00"), "reversal.granted");
        check(
            &[&failed[..], &[failed[1].clone()]].concat(),
            &reverse(THREE, "10.00"),
            "reversal.granted",
        );
    }
    let left = format!(
        "reversal.denied: exceeds_transfer: 0.00 USD of 10.00 USD is left of transfer {ONE}, 10.00 USD can't be given back"
    );
    let plain = Fact::Request(
        name("bob"),
        RequestFact::DebitRefused(Some(movement("bob", "alice", "10.00")), None, refusal()),
    );
    let other = Fact::Request(
        name("bob"),
        RequestFact::RequestRefused(Verb::Transfer, refusal()),
    );
    for stays in [
        event_of(Service::Credit, reused),
        event_of(Service::Debit, plain),
        event_of(Service::Debit, other),
        refused(THREE),
    ] {
        let given = [&given[..], &[stays]].concat();
        check(&given, &reverse(FOUR, "10.00"), &left);
    }
}

/// When the batch is loaded, the event store does not have the credit yet: it is decided in the same batch.
#[test]
fn a_credit_can_be_reversed_in_the_same_batch() {
    let mut player = received(None);
    let denied =
        format!("reversal.denied: transfer_not_found: bob has not received a transfer {ONE} from alice");
    assert_eq!(describe(player.hear(&reverse(FOUR, "1.00")).as_ref()), denied);
    player.hear(&request_input(Verb::Open, THREE, "bob", r#""currency":"USD""#));
    player.hear(&event(
        Service::Debit,
        ONE,
        Fact::Movement(movement("alice", "bob", "10.00"), MovementFact::AccountDebited),
    ));
    assert_eq!(
        describe(player.hear(&reverse(TWO, "10.00")).as_ref()),
        "reversal.granted"
    );
    assert!(
        describe(player.hear(&reverse(THREE, "0.01")).as_ref())
            .starts_with("reversal.denied: exceeds_transfer")
    );
}

#[test]
fn a_reversal_loads_its_own_row_and_the_original_transfer() {
    let mut keys = credit_core::Keys::default();
    Credit::touches(&reverse(TWO, "1.00"), place(0, 1), &mut keys);
    assert_eq!(Vec::from_iter(keys.reversals), [key(TWO, "bob")]);
    assert_eq!(Vec::from_iter(keys.reversed), [key(ONE, "alice")]);
}

/// The state as loaded for reversals of [`ONE`] and of [`THREE`]; the latter was never received.
fn received(movement: Option<Movement>) -> Player<Credit> {
    let mut player = Player::<Credit>::new(Service::Credit);
    player.state.receipts.insert(key(ONE, "alice"), movement);
    player.state.receipts.insert(key(THREE, "alice"), None);
    player
}

/// Bob gives back this much of [`ONE`].
fn reverse(id: &str, amount: &str) -> Input {
    let fields = format!(r#"{},"reverses":"{ONE}""#, pays("alice", amount));
    request_input(Verb::Reverse, id, "bob", &fields)
}

/// debit-svc refuses a granted reversal.
fn refused(id: &str) -> Input {
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    let back = reversal("bob", "alice", "1.00", ONE);
    event(
        Service::Debit,
        id,
        Fact::Request(name("bob"), RequestFact::DebitRefused(Some(back), None, refusal)),
    )
}
