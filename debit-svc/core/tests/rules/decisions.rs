//! Decisions of debit-svc: given these events, this input leads to this fact.

use std::borrow::Borrow;

use debit_core::Debit;
use wallet_contract::event::{AccountFact, Fact, MovementFact, RequestFact};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::Input;
use wallet_kernel::testing;
use wallet_kernel::testing::{ONE, Player, TWO, describe, movement, name, opened, place};

fn check(given: &[Input], when: impl Borrow<Input>, expected: &str) {
    testing::check::<Debit>(Service::Debit, given, when.borrow(), expected);
}

#[test]
fn a_payer_can_spend_its_balance() {
    let alice = [opened("alice", "0.00"), credited("@world", "alice", "10.00")];
    check(
        &alice,
        request_input(ONE, "alice", "bob", "10.00"),
        "account.debited",
    );
    check(
        &alice,
        request_input(ONE, "alice", "bob", "10.01"),
        "debit.refused: insufficient_funds: 10.00 USD available, 10.01 USD requested",
    );
    check(
        &[],
        request_input(ONE, "alice", "bob", "1.00"),
        "debit.refused: account_not_found: alice was never opened",
    );
    check(
        &alice,
        request_input_in(ONE, "alice", "bob", "1.00", "EUR"),
        "debit.refused: currency_not_open: alice is not open in EUR",
    );
}

#[test]
fn an_overdraft_limit_is_enforced() {
    let limited = [opened("alice", "5.00")];
    check(
        &limited,
        request_input(ONE, "alice", "bob", "5.00"),
        "account.debited",
    );
    check(
        &limited,
        request_input(ONE, "alice", "bob", "5.01"),
        "debit.refused: insufficient_funds: 0.00 USD available, overdraft limit 5.00 USD, 5.01 USD requested",
    );
    let endless = [opened("alice", "unlimited")];
    check(
        &endless,
        request_input(ONE, "alice", "bob", "92233720368547758.07"),
        "account.debited",
    );
    check(
        &[
            opened("alice", "unlimited"),
            request_input(ONE, "alice", "bob", "92233720368547758.07"),
        ],
        request_input(TWO, "alice", "bob", "1.00"),
        "debit.refused: ceiling_reached: alice's balance would overflow",
    );
    check(
        &[],
        request_input(ONE, "@world", "alice", "1.00"),
        "account.debited",
    );
}

#[test]
fn a_frozen_or_closed_payer_is_refused() {
    let given = |fact| [opened("alice", "5.00"), event(fact)];
    let request = || request_input(ONE, "alice", "bob", "1.00");
    let frozen = given(Fact::Account(name("alice"), AccountFact::AccountFrozen));
    check(
        &frozen,
        request(),
        "debit.refused: account_frozen: alice is frozen",
    );
    let again = [
        frozen.to_vec(),
        vec![event(Fact::Account(name("alice"), AccountFact::AccountUnfrozen))],
    ]
    .concat();
    check(&again, request(), "account.debited");
    let closed = given(Fact::Account(name("alice"), AccountFact::AccountClosing));
    check(
        &closed,
        request(),
        "debit.refused: account_closed: alice is closed",
    );
}

#[test]
fn a_reused_id_is_rejected() {
    let paid = [
        opened("alice", "50.00"),
        request_input(ONE, "alice", "bob", "1.00"),
    ];
    let reused = |field: &str, then: &str, now: &str| {
        format!(
            "request.refused: id_reused: the id was already used with a different \"{field}\": then \"{then}\", now \
             \"{now}\": use a new id"
        )
    };
    check(
        &paid,
        request_input(ONE, "alice", "bob", "2.00"),
        &reused("amount", "1.00", "2.00"),
    );
    check(
        &paid,
        request_input(ONE, "alice", "carol", "1.00"),
        &reused("to", "bob", "carol"),
    );
    check(
        &paid,
        request_input_in(ONE, "alice", "bob", "1.00", "EUR"),
        &reused("currency", "USD", "EUR"),
    );
    check(
        &paid,
        request_input(TWO, "alice", "bob", "2.00"),
        "account.debited",
    );
    let refused = [
        opened("alice", "0.00"),
        request_input(ONE, "alice", "bob", "1.00"),
        credited("@world", "alice", "9.00"),
    ];
    check(
        &refused,
        request_input(ONE, "alice", "bob", "2.00"),
        &reused("amount", "1.00", "2.00"),
    );
}

/// A reserve request under [`ONE`]. The original had 900 s and no `auto_confirm`.
fn reserve(terms: &str) -> Input {
    let fields = format!("{}{terms}", testing::pays("bob", "1.00"));
    testing::request_input(Verb::Reserve, ONE, "alice", &fields)
}

#[test]
fn a_reused_id_is_rejected_with_the_differing_field_and_both_values() {
    let reused = |field: &str, then: &str, now: &str| {
        let detail = format!(
            "the id was already used with a different {field:?}: then {then}, now {now}: use a new id"
        );
        format!("request.refused: id_reused: {detail}")
    };
    let plain = |fields: &str| {
        let fields = format!("{}{fields}", testing::pays("bob", "1.00"));
        testing::request_input(Verb::Transfer, ONE, "alice", &fields)
    };
    let quarter = r#","expires_in":900"#;
    let [until, later] = ["until 1970-01-01T00:15:00Z", "901, until 1970-01-01T00:15:01Z"];
    let back = event(Fact::Movement(
        testing::reversal("alice", "bob", "1.00", TWO),
        MovementFact::ReversalGranted,
    ));
    for rich in ["5.00", "0.00"] {
        // Paid or refused, the original request is known.
        let paid = [opened("alice", rich), plain("")];
        check(&paid, reserve(""), &reused("verb", "\"transfer\"", "\"reserve\""));
        check(
            &paid,
            plain(r#","memo":"rent""#),
            &reused("memo", "\"\"", "\"rent\""),
        );
        check(
            &paid,
            back.clone(),
            &reused("verb", "\"transfer\"", "\"reverse\""),
        );
        let held = [opened("alice", rich), reserve(quarter)];
        check(&held, plain(""), &reused("verb", "\"reserve\"", "\"transfer\""));
        check(
            &held,
            reserve(r#","expires_in":901"#),
            &reused("expires_in", until, later),
        );
        let auto = format!(r#"{quarter},"auto_confirm":true"#);
        check(&held, reserve(&auto), &reused("auto_confirm", "false", "true"));
        let returned = [opened("alice", rich), back.clone()];
        check(
            &returned,
            plain(""),
            &reused("verb", "\"reverse\"", "\"transfer\""),
        );
    }
}

#[test]
fn an_invalid_request_is_refused_as_invalid_even_if_its_id_is_reused() {
    let paid = [
        opened("alice", "5.00"),
        request_input(ONE, "alice", "bob", "1.00"),
    ];
    check(
        &paid,
        request_input(ONE, "alice", "bob", "1.005"),
        "request.refused: invalid_amount: amount \"1.005\" has 3 decimals, USD has 2",
    );
    let refusal = Refusal::new(Reason::InvalidRequest, "reverse needs field \"to\"");
    check(
        &paid,
        event(Fact::Request(
            name("alice"),
            RequestFact::ReversalDenied(None, refusal),
        )),
        "request.refused: invalid_request: reverse needs field \"to\"",
    );
}

#[test]
fn a_refused_credit_is_reversed_only_once() {
    let paid = [
        opened("alice", "5.00"),
        request_input(ONE, "alice", "bob", "1.00"),
    ];
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    let refused = || {
        event(Fact::Movement(
            movement("alice", "bob", "1.00"),
            MovementFact::CreditRefused(refusal.clone()),
        ))
    };
    check(&paid, refused(), "debit.reversed: account_frozen: bob is frozen");
    check(&[paid.to_vec(), vec![refused()]].concat(), refused(), "nothing");
    check(
        &[paid.to_vec(), vec![credited("alice", "bob", "1.00")]].concat(),
        refused(),
        "nothing",
    );
    check(&[], refused(), "nothing");
}

#[test]
fn an_account_closes_only_at_zero_with_nothing_in_transit() {
    let closing = || event(Fact::Account(name("alice"), AccountFact::AccountClosing));
    check(&[opened("alice", "5.00")], closing(), "closure.accepted");
    let rich = [opened("alice", "0.00"), credited("@world", "alice", "1.00")];
    let has = "alice has 1.00 USD available, 0.00 USD held and 0.00 USD in transit";
    check(
        &rich,
        closing(),
        &format!("closure.refused: balance_not_zero: {has}"),
    );
    let paying = [rich.to_vec(), vec![request_input(ONE, "alice", "bob", "1.00")]].concat();
    let has = "alice has 0.00 USD available, 0.00 USD held and 1.00 USD in transit";
    check(
        &paying,
        closing(),
        &format!("closure.refused: balance_not_zero: {has}"),
    );
    let paid = [paying, vec![credited("alice", "bob", "1.00")]].concat();
    check(&paid, closing(), "closure.accepted");
}

#[test]
fn a_request_on_the_wrong_shard_is_refused() {
    let here = place(1, 2);
    let payer = ["alice", "bob"]
        .into_iter()
        .find(|payer| !here.owns(&name(payer)));
    let payer = payer.expect("the two have different shards");
    let event = Player::<Debit>::on(Service::Debit, here).hear(&request_input(ONE, payer, "carol", "1.00"));
    let expected = format!("debit.refused: wrong_shard: {payer} belongs to shard 0 of 2, this is shard 1");
    assert_eq!(describe(event.as_ref()), expected);
}

/// An event of the flow [`ONE`].
fn event(fact: Fact) -> Input {
    testing::event(Service::Credit, ONE, fact)
}

fn credited(payer: &str, payee: &str, amount: &str) -> Input {
    event(Fact::Movement(
        movement(payer, payee, amount),
        MovementFact::AccountCredited,
    ))
}

fn request_input(id: &str, payer: &str, payee: &str, amount: &str) -> Input {
    testing::request_input(Verb::Transfer, id, payer, &testing::pays(payee, amount))
}

fn request_input_in(id: &str, payer: &str, payee: &str, amount: &str, currency: &str) -> Input {
    let more = testing::pays(payee, amount).replace("USD", currency);
    testing::request_input(Verb::Transfer, id, payer, &more)
}
