//! Wire forms: pinned by snapshots that are never edited, read back as they were, and no bytes make a reader panic.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;
use wallet_contract::event::{Cause, Event, Fact, Failure, Movement, Overdraft, Parked, Source};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::{Amount, Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{self, Context};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Subject, Verb};
use wallet_contract::trace::TraceId;
use wallet_contract::{envelope, event};

#[test]
fn events_v1_are_written_as_released_and_read_back() {
    let events: Vec<Event> = facts().into_iter().map(placed).collect();
    let written: Vec<String> = events.iter().map(envelope::write).collect();
    insta::assert_snapshot!("events_v1", written.join("\n"));
    for (event, json) in events.iter().zip(&written) {
        assert_eq!(envelope::read(json).as_ref(), Ok(event));
    }
    let envelope = envelope::join(written.iter().map(String::as_str));
    assert_eq!(envelope::split(&envelope).unwrap(), written);
}

#[test]
fn requests_v1_are_read_as_released() {
    let read: Vec<String> = REQUESTS
        .iter()
        .map(|(verb, json)| {
            format!(
                "{json}\n  {:?}",
                request::read(json, context(*verb, Some(&name("alice"))))
            )
        })
        .collect();
    insta::assert_snapshot!("requests_v1", read.join("\n"));
}

#[test]
fn what_is_no_event_of_ours_says_why() {
    let check = |from: &str, to: &str, expected: &str| {
        let json = envelope::write(&placed(Fact::AccountDebited(movement(None)))).replace(from, to);
        assert_eq!(envelope::read(&json).unwrap_err().to_string(), expected);
    };
    check(
        "debited.v1",
        "debited.v2",
        "unknown event type \"wallet.account.debited.v2\": a newer service may have said it",
    );
    check(
        "\"1.0\"",
        "\"0.3\"",
        "attribute \"specversion\" of wallet.account.debited.v1: \"0.3\" is not \"1.0\"",
    );
    check(
        "/debit-svc/1",
        "/x/1",
        "attribute \"source\" of wallet.account.debited.v1: \"/x/1\"",
    );
    check(
        "\"payee\":\"bob\",",
        "",
        "attribute \"payee\" of wallet.account.debited.v1: is missing",
    );
    check(
        "12.50",
        "12.5",
        "attribute \"amount\" of wallet.account.debited.v1: amount \"12.5\" has 1 decimals, USD has 2",
    );
    check(
        "{\"spec",
        "[\"spec",
        "not a CloudEvent of the wallet: expected `,` or `]` at line 1 column 15",
    );
}

#[test]
fn an_array_is_cut_into_its_requests() {
    assert_eq!(
        request::split(b"[{\"id\":1}, 5 ,\"x\"]").unwrap(),
        ["{\"id\":1}", "5", "\"x\""]
    );
    assert_eq!(request::split(b" {} ").unwrap(), [" {} "]);
    assert!(request::split(b"[1,").is_err());
    assert!(request::split(&[0xff, 0xfe]).is_err());
    let many = format!("[{}0]", "0,".repeat(10_000));
    assert_eq!(
        request::split(many.as_bytes()).unwrap_err().to_string(),
        "10001 requests in one message: the limit is 10000"
    );
}

#[test]
fn the_same_request_has_the_same_id_however_it_is_written() {
    let id = |json: &str| {
        request::read(json, context(Verb::Transfer, Some(&name("alice"))))
            .unwrap()
            .id
    };
    let one =
        id(r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"1.00","currency":"USD"}"#);
    let same = [
        r#"{ "currency":"USD", "amount":"1.00", "to":"b\u006fb", "id":"01900000-0000-7000-8000-000000000001" }"#,
        r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","to":"bob","amount":"1.00","currency":"USD"}"#,
        r#"{"specversion":"1.0","id":"01900000-0000-7000-8000-000000000001","type":"t","source":"s",
            "data":{"to":"bob","amount":"1.00","currency":"USD"}}"#,
    ];
    for json in same {
        assert_eq!(id(json), one, "{json}");
    }
    let other =
        r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"1.01","currency":"USD"}"#;
    assert_ne!(id(other), one);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_bytes_make_a_reader_panic(bytes: Vec<u8>, verb in prop::sample::select(Verb::ALL.to_vec())) {
        read_everything(&bytes, verb);
    }

    #[test]
    fn no_damage_makes_a_reader_panic(
        which in 0..64_usize, at: prop::sample::Index, byte: u8, cut: prop::sample::Index,
        verb in prop::sample::select(Verb::ALL.to_vec()),
    ) {
        let (facts, requests) = (facts(), REQUESTS);
        let mut bytes = match facts.get(which) {
            Some(fact) => envelope::join([envelope::write(&placed(fact.clone())).as_str()]),
            None => requests[which % requests.len()].1.as_bytes().to_vec(),
        };
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read_everything(&bytes, verb);
        bytes.truncate(cut.index(bytes.len()));
        read_everything(&bytes, verb);
    }

    #[test]
    fn an_event_survives_the_wire(
        payer in "@?[a-zA-Z0-9_-]{1,30}", payee in "[a-z]{1,64}", minor in 1..=i64::MAX,
        code in prop::sample::select(vec!["USD", "KRW", "BHD", "CZK"]), memo in prop::option::of(".{0,60}"),
        detail in ".{0,60}", reason in prop::sample::select(Reason::ALL.to_vec()), micros in 0..4_000_000_000_000_000_i64,
        work_us: u32, cause: u128,
    ) {
        let currency: Currency = code.parse().unwrap();
        let money = Money { amount: Amount::from_minor(minor).unwrap(), currency };
        let movement = Movement { payer: name(&payer), payee: name(&payee), money, memo };
        let refusal = Refusal::new(reason, detail);
        let cause = EventId(Uuid::from_u128(cause.max(1)));
        let cause = Cause { id: cause, transfer: TransferId(cause.0), trace: TraceId::begun_by(cause) };
        let source = Source { service: Service::Debit, shard: Shard(7) };
        let time = Timestamp::from_microsecond(micros).unwrap();
        for fact in [Fact::AccountDebited(movement.clone()), Fact::DebitReversed(movement, refusal)] {
            let event = Event::new(fact, cause, source, time, work_us);
            prop_assert_eq!(envelope::read(&envelope::write(&event)), Ok(event));
        }
    }
}

fn read_everything(bytes: &[u8], verb: Verb) {
    let alice = name("alice");
    for element in envelope::split(bytes).unwrap_or_default() {
        let _ = envelope::read(element);
    }
    for element in request::split(bytes).unwrap_or_default() {
        let _ = request::read(element, context(verb, Some(&alice)));
        let _ = request::read(element, context(verb, None));
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = (
        Subject::read(&text, Shard(0)),
        TraceId::from_traceparent(&text),
        text.parse::<AccountId>(),
    );
}

const REQUESTS: &[(Verb, &str)] = &[
    (
        Verb::Transfer,
        r#"{"id":"01900000-0000-7000-8000-000000000001","to":"bob","amount":"12.50","currency":"USD"}"#,
    ),
    (
        Verb::Transfer,
        r#"{"id":"01900000-0000-7000-8000-000000000001","from":"alice","to":"bob","amount":"12.50","currency":"USD","memo":"rent","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}"#,
    ),
    (
        Verb::Open,
        r#"{"id":"01900000-0000-7000-8000-000000000001","currency":"USD"}"#,
    ),
    (
        Verb::Open,
        r#"{"id":"01900000-0000-7000-8000-000000000001","currency":"BHD","overdraft":"1.500"}"#,
    ),
    (
        Verb::Open,
        r#"{"id":"01900000-0000-7000-8000-000000000001","currency":"KRW","overdraft":"unlimited"}"#,
    ),
    (Verb::Freeze, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
    (Verb::Unfreeze, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
    (Verb::Close, r#"{"id":"01900000-0000-7000-8000-000000000001"}"#),
];

fn facts() -> Vec<Fact> {
    let (alice, usd) = (name("alice"), "USD".parse().unwrap());
    let refusal = || Refusal::new(Reason::InsufficientFunds, "3.00 USD available, 12.50 USD asked");
    let parked = |index| Parked {
        sequence: 7,
        index,
        subject: "wallet.0.bulk".to_owned(),
        detail: "not \"JSON\"".to_owned(),
    };
    vec![
        Fact::AccountOpened(alice.clone(), usd, Overdraft::NONE),
        Fact::AccountOpened(alice.clone(), usd, Overdraft::Unlimited),
        Fact::AccountFrozen(alice.clone()),
        Fact::AccountUnfrozen(alice.clone()),
        Fact::AccountClosing(alice.clone()),
        Fact::ClosureAccepted(alice.clone()),
        Fact::ClosureRefused(
            alice.clone(),
            Refusal::new(Reason::BalanceNotZero, "alice has 1.00 USD"),
        ),
        Fact::AccountClosed(alice.clone()),
        Fact::AccountDebited(movement(Some("rent, März"))),
        Fact::DebitRefused(alice.clone(), Some(movement(None)), refusal()),
        Fact::DebitRefused(alice.clone(), None, refusal()),
        Fact::DebitReversed(movement(None), refusal()),
        Fact::AccountCredited(movement(None)),
        Fact::CreditRefused(movement(None), refusal()),
        Fact::TransferSettled(movement(None)),
        Fact::TransferFailed(alice.clone(), Some(movement(None)), Failure::Refused, refusal()),
        Fact::TransferFailed(alice.clone(), None, Failure::Compensated, refusal()),
        Fact::RequestRefused(alice, Verb::Open, refusal()),
        Fact::MessageParked(parked(Some(2))),
        Fact::MessageParked(parked(None)),
    ]
}

fn placed(fact: Fact) -> event::Event {
    let id = EventId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001));
    let cause = Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::begun_by(id),
    };
    let source = Source {
        service: Service::Debit,
        shard: Shard(1),
    };
    Event::new(
        fact,
        cause,
        source,
        Timestamp::from_microsecond(1_700_000_000_123_456).unwrap(),
        250,
    )
}

fn movement(memo: Option<&str>) -> Movement {
    let money = Money::parse("12.50", "USD".parse().unwrap()).unwrap();
    Movement {
        payer: name("alice"),
        payee: name("bob"),
        money,
        memo: memo.map(str::to_owned),
    }
}

fn name(text: &str) -> AccountId {
    text.parse().unwrap()
}

fn context(verb: Verb, account: Option<&AccountId>) -> Context<'_> {
    Context {
        verb,
        account,
        traceparent: None,
        event_id: None,
    }
}
