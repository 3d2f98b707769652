//! Decisions of credit-svc: given these inputs, this input leads to this fact.

use credit_core::Credit;
use wallet_contract::event::{AccountFact, Fact, MovementFact};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::Input;
use wallet_kernel::testing::{self, ONE, movement, name};

const MOST: &str = "92233720368547758.07";

/// Plays the given inputs, then checks the last input's fact, as text.
fn check(given: &[Input], when: &Input, expected: &str) {
    testing::check::<Credit>(Service::Credit, given, when, expected);
}

#[test]
fn an_open_account_can_receive() {
    let bob = [request_input(Verb::Open, "bob")];
    check(&bob, &debited("alice", "bob", "1.00"), "account.credited");
    check(&[], &debited("alice", "@world", "1.00"), "account.credited");
    check(
        &[],
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_not_found: bob was never opened",
    );
    let euros = [request(Verb::Open, "bob", r#""currency":"EUR""#)];
    check(
        &euros,
        &debited("alice", "bob", "1.00"),
        "credit.refused: currency_not_open: bob is not open in USD",
    );
}

#[test]
fn a_credit_that_would_overflow_is_refused() {
    let full = [request_input(Verb::Open, "bob"), debited("@world", "bob", MOST)];
    let detail = "credit.refused: ceiling_reached: bob's total of credits would overflow";
    check(&full, &debited("alice", "bob", "0.01"), detail);
    check(&full[..1], &debited("@world", "bob", MOST), "account.credited");
}

#[test]
fn an_account_opens_once_in_each_currency() {
    let bob = [request_input(Verb::Open, "bob")];
    check(&[], &bob[0], "account.opened");
    check(
        &bob,
        &bob[0],
        "request.refused: already_open: bob is already open in USD",
    );
    check(
        &bob,
        &request(Verb::Open, "bob", r#""currency":"USD","overdraft":"5.00""#),
        "request.refused: already_open: bob is already open in USD, with \"overdraft\" \"0.00\", now \"5.00\": the \
         overdraft stays unchanged",
    );
    check(
        &bob,
        &request(Verb::Open, "bob", r#""currency":"EUR""#),
        "account.opened",
    );
    let world = "request.refused: invalid_account: @world always exists and can't be opened";
    check(&[], &request_input(Verb::Open, "@world"), world);
}

#[test]
fn a_request_must_come_from_its_subjects_account() {
    let mallory = request(Verb::Freeze, "bob", r#""from":"mallory""#);
    let detail = "request.refused: not_the_payer: the body is from \"mallory\", the subject's account is bob";
    check(&[request_input(Verb::Open, "bob")], &mallory, detail);
}

#[test]
fn a_frozen_account_can_not_receive_open_or_close() {
    let frozen = [
        request_input(Verb::Open, "bob"),
        request_input(Verb::Freeze, "bob"),
    ];
    check(
        &frozen,
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_frozen: bob is frozen",
    );
    for verb in [Verb::Freeze, Verb::Close] {
        check(
            &frozen,
            &request_input(verb, "bob"),
            "request.refused: account_frozen: bob is frozen",
        );
    }
    let euros = request(Verb::Open, "bob", r#""currency":"EUR""#);
    check(&frozen, &euros, "request.refused: account_frozen: bob is frozen");
    check(&frozen, &request_input(Verb::Unfreeze, "bob"), "account.unfrozen");
    check(
        &frozen[..1],
        &request_input(Verb::Unfreeze, "bob"),
        "request.refused: not_frozen: bob is not frozen",
    );
    for verb in [Verb::Freeze, Verb::Unfreeze, Verb::Close] {
        check(
            &[],
            &request_input(verb, "bob"),
            "request.refused: account_not_found: bob was never opened",
        );
    }
}

#[test]
fn an_account_closes_once_debit_svc_confirms_a_zero_balance() {
    let closing = [
        request_input(Verb::Open, "bob"),
        request_input(Verb::Close, "bob"),
    ];
    check(&closing[..1], &closing[1], "account.closing");
    check(
        &closing,
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_closed: bob is closing",
    );
    check(
        &closing,
        &request_input(Verb::Close, "bob"),
        "request.refused: account_closed: bob is closing",
    );
    let accepted = event(Fact::Account(name("bob"), AccountFact::ClosureAccepted));
    check(&closing, &accepted, "account.closed");
    let closed = [&closing[..], &[accepted]].concat();
    check(
        &closed,
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_closed: bob is closed",
    );
    let refused = event(Fact::Account(
        name("bob"),
        AccountFact::ClosureRefused(Refusal::new(Reason::BalanceNotZero, "1.00 USD")),
    ));
    check(&closing, &refused, "nothing");
    check(
        &[&closing[..], &[refused]].concat(),
        &debited("alice", "bob", "1.00"),
        "account.credited",
    );
}

fn event(fact: Fact) -> Input {
    testing::event(Service::Debit, ONE, fact)
}

fn debited(payer: &str, payee: &str, amount: &str) -> Input {
    event(Fact::Movement(
        movement(payer, payee, amount),
        MovementFact::AccountDebited,
    ))
}

fn request_input(verb: Verb, account: &str) -> Input {
    let fields = if verb == Verb::Open {
        r#""currency":"USD""#
    } else {
        ""
    };
    request(verb, account, fields)
}

fn request(verb: Verb, account: &str, fields: &str) -> Input {
    testing::request_input(verb, ONE, account, fields)
}
