//! Wire forms: pinned by snapshots that are never edited; what is written is read back unchanged; no bytes make a reader panic.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

mod samples;

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::event::{Cause, Event, Fact, Failure, Movement, MovementFact, Origin, Source, Terms};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::money::{Amount, Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{self, Context};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Subject, Verb};
use wallet_contract::testing::name;
use wallet_contract::trace::TraceId;

use self::samples::{BULK, REQUESTS, context, facts, movement, placed};

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
    let alice = name("alice");
    let shown = |json: &str, context: Context<'_>| {
        let request = format!("{:?}", request::read(json, context));
        // Fields added by later forms are shown where they are used, so that the lines of released forms stay the same.
        let request = request.replace(", reserved: None, reverses: None", "");
        format!("{json}\n  {}", request.replace(", written: None", ""))
    };
    let single = REQUESTS
        .iter()
        .map(|(verb, json)| shown(json, context(*verb, Some(&alice))));
    let bulk = BULK.iter().map(|json| shown(json, context(Verb::Transfer, None)));
    let read: Vec<String> = single.chain(bulk).collect();
    insta::assert_snapshot!("requests_v1", read.join("\n"));
}

#[test]
fn a_foreign_event_is_rejected_with_the_reason() {
    let check = |from: &str, to: &str, expected: &str| {
        let json = envelope::write(&placed(Fact::Movement(
            movement(None),
            MovementFact::AccountDebited,
        )))
        .replace(from, to);
        assert_eq!(envelope::read(&json).unwrap_err().to_string(), expected);
    };
    check(
        "debited.v1",
        "debited.v2",
        "unknown event type \"wallet.account.debited.v2\": a newer service may have published it",
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
        "\"17:2\"",
        "\"17.2\"",
        "attribute \"position\" of wallet.account.debited.v1: \"17.2\" is not a position in a log, such as 17:2 or 17",
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
        which: prop::sample::Index, at: prop::sample::Index, byte: u8, cut: prop::sample::Index,
        verb in prop::sample::select(Verb::ALL.to_vec()),
    ) {
        let events = facts().into_iter().map(|fact| envelope::join([envelope::write(&placed(fact)).as_str()]));
        let requests = REQUESTS.iter().map(|(_, json)| json).chain(BULK).map(|json| json.as_bytes().to_vec());
        let written: Vec<Vec<u8>> = events.chain(requests).collect();
        let mut bytes = which.get(&written).clone();
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
        work_us: u32, cause: u128, reserved in prop::option::of(1..=i64::MAX), reverses: Option<u128>,
        expires in 0..4_000_000_000_000_000_i64, auto_confirm: bool, sequence: u64, element: Option<u32>,
        failure in prop::sample::select(Failure::ALL.to_vec()),
    ) {
        let currency: Currency = code.parse().unwrap();
        let money = Money { amount: Amount::from_minor(minor).unwrap(), currency };
        let reserved = reserved.and_then(Amount::from_minor);
        let reverses = reverses.map(|id| TransferId(Uuid::from_u128(id)));
        let movement = Movement { payer: name(&payer), payee: name(&payee), money, memo, reserved, reverses };
        let terms = Terms { expires: Timestamp::from_microsecond(expires).unwrap(), auto_confirm };
        let refusal = Refusal::new(reason, detail);
        let cause = EventId(Uuid::from_u128(cause.max(1)));
        let cause = Cause { id: cause, transfer: TransferId(cause.0), trace: TraceId::started_by(cause) };
        let source = Source { service: Service::Debit, shard: Shard(7) };
        let time = Timestamp::from_microsecond(micros).unwrap();
        let origin = Origin { source, place: LogPlace { sequence, element }, time, work_us };
        for fact in [
            Fact::Movement(movement.clone(), MovementFact::AccountDebited),
            Fact::Movement(movement.clone(), MovementFact::DebitReversed(refusal.clone())),
            Fact::Movement(movement.clone(), MovementFact::FundsReserved(terms)),
            Fact::Movement(movement, MovementFact::ReservationReleased(failure, refusal)),
        ] {
            let event = Event::new(fact, cause, origin);
            prop_assert_eq!(envelope::read(&envelope::write(&event)), Ok(event));
        }
    }
}

fn read_everything(bytes: &[u8], verb: Verb) {
    let alice = name("alice");
    for element in envelope::split(bytes).unwrap_or_default() {
        let _ = envelope::read(element);
    }
    for account in [Some(&alice), None] {
        for element in request::elements(bytes, context(verb, account), None).unwrap_or_default() {
            let _ = request::read(&element.raw, context(verb, account));
        }
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = (
        Subject::read(&text, Shard(0)),
        TraceId::from_traceparent(&text),
        text.parse::<AccountId>(),
    );
}
