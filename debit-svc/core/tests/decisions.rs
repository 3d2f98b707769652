//! What debit-svc decides: given events, when an input, then a fact.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

use debit_core::{Debit, State};
use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Cause, Event, Fact, Movement, Overdraft, Source};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::Money;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{self, Context};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb};
use wallet_contract::trace::TraceId;

const ONE: &str = "01900000-0000-7000-8000-000000000001";
const TWO: &str = "01900000-0000-7000-8000-000000000002";

/// Plays the given inputs, then expects the last one's fact, as text.
fn check(given: &[Input], when: Input, expected: &str) {
    let mut state = State::default();
    let mut last = None;
    for input in given.iter().cloned().chain([when]) {
        last = play(&mut state, input);
    }
    let told = last.map_or("nothing".to_owned(), |fact| {
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

fn play(state: &mut State, input: Input) -> Option<Fact> {
    if !Debit::concerns(&input, place()) {
        return None;
    }
    let heard = Heard {
        input,
        raw: "",
        sequence: 1,
        index: 0,
        at_us: 0,
    };
    Debit::hear(state, &heard, place());
    let fact = Debit::decide(state, &heard.input, place())?;
    Debit::evolve(state, &event_of(fact.clone(), heard.input.as_cause()), place());
    Some(fact)
}

#[test]
fn a_payer_pays_what_it_has() {
    let alice = [opened("alice", "0.00"), credited("@world", "alice", "10.00")];
    check(&alice, asks(ONE, "alice", "bob", "10.00"), "account.debited");
    check(
        &alice,
        asks(ONE, "alice", "bob", "10.01"),
        "debit.refused: insufficient_funds: 10.00 USD available, 10.01 USD asked",
    );
    check(
        &[],
        asks(ONE, "alice", "bob", "1.00"),
        "debit.refused: account_not_found: alice was never opened",
    );
    check(
        &alice,
        asks_in(ONE, "alice", "bob", "1.00", "EUR"),
        "debit.refused: currency_not_open: alice is not open in EUR",
    );
}

#[test]
fn an_overdraft_is_a_limit() {
    let limited = [opened("alice", "5.00")];
    check(&limited, asks(ONE, "alice", "bob", "5.00"), "account.debited");
    check(
        &limited,
        asks(ONE, "alice", "bob", "5.01"),
        "debit.refused: insufficient_funds: 0.00 USD available, overdraft limit 5.00 USD, 5.01 USD asked",
    );
    let endless = [opened("alice", "unlimited")];
    check(
        &endless,
        asks(ONE, "alice", "bob", "92233720368547758.07"),
        "account.debited",
    );
    check(
        &[
            opened("alice", "unlimited"),
            asks(ONE, "alice", "bob", "92233720368547758.07"),
        ],
        asks(TWO, "alice", "bob", "1.00"),
        "debit.refused: ceiling_reached: alice can't owe more than can be counted",
    );
    check(&[], asks(ONE, "@world", "alice", "1.00"), "account.debited");
}

#[test]
fn a_frozen_or_closed_payer_does_not_pay() {
    let given = |fact| [opened("alice", "5.00"), event(fact)];
    let asked = || asks(ONE, "alice", "bob", "1.00");
    let frozen = given(Fact::AccountFrozen(name("alice")));
    check(&frozen, asked(), "debit.refused: account_frozen: alice is frozen");
    let again = [frozen.to_vec(), vec![event(Fact::AccountUnfrozen(name("alice")))]].concat();
    check(&again, asked(), "account.debited");
    let closed = given(Fact::AccountClosing(name("alice")));
    check(&closed, asked(), "debit.refused: account_closed: alice is closed");
}

#[test]
fn an_id_names_one_transfer_for_ever() {
    let paid = [opened("alice", "50.00"), asks(ONE, "alice", "bob", "1.00")];
    let reused = |field: &str, then: &str, now: &str| {
        format!(
            "request.refused: id_reused: the id was used with another \"{field}\": then \"{then}\", now \"{now}\": use a new id"
        )
    };
    check(
        &paid,
        asks(ONE, "alice", "bob", "2.00"),
        &reused("amount", "1.00", "2.00"),
    );
    check(
        &paid,
        asks(ONE, "alice", "carol", "1.00"),
        &reused("to", "bob", "carol"),
    );
    check(
        &paid,
        asks_in(ONE, "alice", "bob", "1.00", "EUR"),
        &reused("currency", "USD", "EUR"),
    );
    check(&paid, asks(TWO, "alice", "bob", "2.00"), "account.debited");
    let refused = [
        opened("alice", "0.00"),
        asks(ONE, "alice", "bob", "1.00"),
        credited("@world", "alice", "9.00"),
    ];
    check(
        &refused,
        asks(ONE, "alice", "bob", "2.00"),
        &reused("amount", "1.00", "2.00"),
    );
}

#[test]
fn a_refused_credit_is_given_back_once() {
    let paid = [opened("alice", "5.00"), asks(ONE, "alice", "bob", "1.00")];
    let refusal = Refusal::new(Reason::AccountFrozen, "bob is frozen");
    let refused = || {
        event(Fact::CreditRefused(
            movement("alice", "bob", "1.00"),
            refusal.clone(),
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
fn an_account_closes_at_zero_with_nothing_on_its_way() {
    let closing = || event(Fact::AccountClosing(name("alice")));
    check(&[opened("alice", "5.00")], closing(), "closure.accepted");
    let rich = [opened("alice", "0.00"), credited("@world", "alice", "1.00")];
    let has = "alice has 1.00 USD available and 0.00 USD in transit";
    check(
        &rich,
        closing(),
        &format!("closure.refused: balance_not_zero: {has}"),
    );
    let paying = [rich.to_vec(), vec![asks(ONE, "alice", "bob", "1.00")]].concat();
    let has = "alice has 0.00 USD available and 1.00 USD in transit";
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
    let place = Place {
        shard: Shard(1),
        shards: Shards::new(2).unwrap(),
    };
    let payer = ["alice", "bob"]
        .into_iter()
        .find(|payer| !place.owns(&name(payer)))
        .unwrap();
    let fact = Debit::decide(&State::default(), &asks(ONE, payer, "carol", "1.00"), place);
    let detail = format!("{payer} belongs to shard 0 of 2, this is shard 1");
    assert_eq!(
        fact.unwrap().refusal(),
        Some(&Refusal::new(Reason::WrongShard, detail))
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

fn movement(payer: &str, payee: &str, amount: &str) -> Movement {
    let money = Money::parse(amount, "USD".parse().unwrap()).unwrap();
    Movement {
        payer: name(payer),
        payee: name(payee),
        money,
        memo: None,
    }
}

fn event_of(fact: Fact, cause: Cause) -> Event {
    Event::new(
        fact,
        cause,
        Source {
            service: Service::Credit,
            shard: Shard(0),
        },
        Timestamp::UNIX_EPOCH,
        0,
    )
}

/// An event of the flow [`ONE`].
fn event(fact: Fact) -> Input {
    let id = EventId(Uuid::parse_str(ONE).unwrap());
    let cause = Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::begun_by(id),
    };
    Input::Event(event_of(fact, cause))
}

fn opened(account: &str, overdraft: &str) -> Input {
    let usd = "USD".parse().unwrap();
    event(Fact::AccountOpened(
        name(account),
        usd,
        Overdraft::parse(overdraft, usd).unwrap(),
    ))
}

fn credited(payer: &str, payee: &str, amount: &str) -> Input {
    event(Fact::AccountCredited(movement(payer, payee, amount)))
}

fn asks(id: &str, payer: &str, payee: &str, amount: &str) -> Input {
    asks_in(id, payer, payee, amount, "USD")
}

fn asks_in(id: &str, payer: &str, payee: &str, amount: &str, currency: &str) -> Input {
    let json = format!(r#"{{"id":"{id}","to":"{payee}","amount":"{amount}","currency":"{currency}"}}"#);
    let context = Context {
        verb: Verb::Transfer,
        account: Some(&name(payer)),
        traceparent: None,
        event_id: None,
    };
    Input::Request(request::read(&json, context).unwrap())
}
