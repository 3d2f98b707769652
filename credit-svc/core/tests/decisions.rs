//! What credit-svc decides: given inputs, when an input, then a fact.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

use credit_core::{Credit, State};
use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Cause, Event, Fact, Movement, Source};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::Money;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{self, Context};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb};
use wallet_contract::trace::TraceId;

const ONE: &str = "01900000-0000-7000-8000-000000000001";
const MOST: &str = "92233720368547758.07";

/// Plays the given inputs, then expects the last one's fact, as text.
fn check(given: &[Input], when: &Input, expected: &str) {
    let mut state = State::default();
    for input in given {
        play(&mut state, input);
    }
    let told = play(&mut state, when).map_or("nothing".to_owned(), |fact| {
        let kind = fact
            .kind()
            .trim_start_matches("wallet.")
            .trim_end_matches(".v1")
            .to_owned();
        fact.refusal()
            .map_or(kind.clone(), |refusal| format!("{kind}: {refusal}"))
    });
    assert_eq!(told, expected);
}

fn play(state: &mut State, input: &Input) -> Option<Fact> {
    if !Credit::concerns(input, place()) {
        return None;
    }
    let heard = Heard {
        input: input.clone(),
        raw: "",
        sequence: 1,
        index: 0,
        at_us: 0,
    };
    Credit::hear(state, &heard, place());
    let fact = Credit::decide(state, input, place())?;
    Credit::evolve(state, &event_of(fact.clone(), input.as_cause()), place());
    Some(fact)
}

#[test]
fn an_open_account_receives() {
    let bob = [asks(Verb::Open, "bob")];
    check(&bob, &debited("alice", "bob", "1.00"), "account.credited");
    check(&[], &debited("alice", "@world", "1.00"), "account.credited");
    check(
        &[],
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_not_found: bob was never opened",
    );
    let euros = [request(Verb::Open, "bob", r#","currency":"EUR""#)];
    check(
        &euros,
        &debited("alice", "bob", "1.00"),
        "credit.refused: currency_not_open: bob is not open in USD",
    );
}

#[test]
fn what_an_account_has_received_can_be_counted() {
    let full = [asks(Verb::Open, "bob"), debited("@world", "bob", MOST)];
    let detail = "credit.refused: ceiling_reached: bob can't receive more than can be counted";
    check(&full, &debited("alice", "bob", "0.01"), detail);
    check(&full[..1], &debited("@world", "bob", MOST), "account.credited");
}

#[test]
fn an_account_opens_once_in_each_currency() {
    let bob = [asks(Verb::Open, "bob")];
    check(&[], &bob[0], "account.opened");
    check(
        &bob,
        &bob[0],
        "request.refused: already_open: bob is open in USD already",
    );
    check(
        &bob,
        &request(Verb::Open, "bob", r#","currency":"EUR""#),
        "account.opened",
    );
    let world = "request.refused: invalid_account: @world is there from the start and can't be opened";
    check(&[], &asks(Verb::Open, "@world"), world);
}

#[test]
fn a_request_is_from_the_account_of_its_subject() {
    let mallory = request(Verb::Freeze, "bob", r#","from":"mallory""#);
    let detail = "request.refused: not_the_payer: the body is from \"mallory\", the subject's account is bob";
    check(&[asks(Verb::Open, "bob")], &mallory, detail);
}

#[test]
fn a_frozen_account_neither_receives_nor_opens_nor_closes() {
    let frozen = [asks(Verb::Open, "bob"), asks(Verb::Freeze, "bob")];
    check(
        &frozen,
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_frozen: bob is frozen",
    );
    for verb in [Verb::Freeze, Verb::Close] {
        check(
            &frozen,
            &asks(verb, "bob"),
            "request.refused: account_frozen: bob is frozen",
        );
    }
    let euros = request(Verb::Open, "bob", r#","currency":"EUR""#);
    check(&frozen, &euros, "request.refused: account_frozen: bob is frozen");
    check(&frozen, &asks(Verb::Unfreeze, "bob"), "account.unfrozen");
    check(
        &frozen[..1],
        &asks(Verb::Unfreeze, "bob"),
        "request.refused: not_frozen: bob is not frozen",
    );
    for verb in [Verb::Freeze, Verb::Unfreeze, Verb::Close] {
        check(
            &[],
            &asks(verb, "bob"),
            "request.refused: account_not_found: bob was never opened",
        );
    }
}

#[test]
fn an_account_is_closed_when_debit_svc_has_said_that_it_is_at_zero() {
    let closing = [asks(Verb::Open, "bob"), asks(Verb::Close, "bob")];
    check(&closing[..1], &closing[1], "account.closing");
    check(
        &closing,
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_closed: bob is closing",
    );
    check(
        &closing,
        &asks(Verb::Close, "bob"),
        "request.refused: account_closed: bob is closing",
    );
    let accepted = event(Fact::ClosureAccepted(name("bob")));
    check(&closing, &accepted, "account.closed");
    let closed = [&closing[..], &[accepted]].concat();
    check(
        &closed,
        &debited("alice", "bob", "1.00"),
        "credit.refused: account_closed: bob is closed",
    );
    let refused = event(Fact::ClosureRefused(
        name("bob"),
        Refusal::new(Reason::BalanceNotZero, "1.00 USD"),
    ));
    check(&closing, &refused, "nothing");
    check(
        &[&closing[..], &[refused]].concat(),
        &debited("alice", "bob", "1.00"),
        "account.credited",
    );
}

fn place() -> Place {
    Place {
        shard: Shard(0),
        shards: Shards::new(1).unwrap(),
    }
}

fn name(text: &str) -> AccountId {
    text.parse().unwrap()
}

fn event_of(fact: Fact, cause: Cause) -> Event {
    Event::new(
        fact,
        cause,
        Source {
            service: Service::Debit,
            shard: Shard(0),
        },
        Timestamp::UNIX_EPOCH,
        0,
    )
}

fn event(fact: Fact) -> Input {
    let id = EventId(Uuid::parse_str(ONE).unwrap());
    let cause = Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::begun_by(id),
    };
    Input::Event(event_of(fact, cause))
}

fn debited(payer: &str, payee: &str, amount: &str) -> Input {
    let money = Money::parse(amount, "USD".parse().unwrap()).unwrap();
    event(Fact::AccountDebited(Movement {
        payer: name(payer),
        payee: name(payee),
        money,
        memo: None,
    }))
}

fn asks(verb: Verb, account: &str) -> Input {
    request(
        verb,
        account,
        if verb == Verb::Open {
            r#","currency":"USD""#
        } else {
            ""
        },
    )
}

fn request(verb: Verb, account: &str, more: &str) -> Input {
    let context = Context {
        verb,
        account: Some(&name(account)),
        traceparent: None,
        event_id: None,
    };
    Input::Request(request::read(&format!(r#"{{"id":"{ONE}"{more}}}"#), context).unwrap())
}
