//! Flows as the ledger returns them, and their drawings.

mod flows;

use serde_json::{Value, json};
use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact, Movement, Source};
use wallet_contract::id::{EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::money::Money;
use wallet_contract::reason::Refusal;
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_contract::trace::TraceId;

use super::*;

const ID: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";

fn movement() -> Movement {
    let money = Money::parse("12.50", "USD".parse().unwrap()).unwrap();
    Movement {
        payer: "alice".parse().unwrap(),
        payee: "bob".parse().unwrap(),
        money,
        memo: None,
        reserved: None,
        reverses: None,
    }
}

fn time(us: i64) -> String {
    jiff::Timestamp::from_microsecond(1_769_860_800_000_000 + us)
        .unwrap()
        .to_string()
}

/// A request in the log of shard 0.
fn request(number: u128, recorded_us: i64, body: &Value) -> Value {
    json!({
        "id": uuid::Uuid::from_u128(number).to_string(), "type": "wallet.transfer.requested.v1", "source": "/client",
        "shard": 0, "sequence": 16 + number, "recorded_at": time(recorded_us), "time": time(recorded_us),
        "work_us": 0, "cause": null, "body": body,
    })
}

/// An event with the given cause, decision time and storage time.
fn event(number: u128, cause: u128, from: (Service, u16), us: (u32, i64, i64), fact: Fact) -> Value {
    let (work_us, decided_us, recorded_us) = us;
    let kind = fact.kind().name();
    let (id, cause) = (uuid::Uuid::from_u128(number), uuid::Uuid::from_u128(cause));
    let event = Event {
        id: EventId(id),
        cause: EventId(cause),
        source: Source {
            service: from.0,
            shard: Shard(from.1),
        },
        place: LogPlace::START,
        time: time(decided_us).parse().unwrap(),
        work_us,
        transfer: ID.parse::<TransferId>().unwrap(),
        trace: TraceId::started_by(EventId(id)),
        fact,
    };
    let body: Value = serde_json::from_str(&envelope::write(&event)).unwrap();
    json!({
        "id": id.to_string(), "type": kind, "source": format!("/{}/{}", from.0, from.1), "shard": 0,
        "sequence": 16 + number, "recorded_at": time(recorded_us), "time": time(decided_us), "work_us": work_us,
        "cause": cause.to_string(), "body": body,
    })
}

fn flow(status: &str, refusal: Option<&Refusal>, ended_us: Option<i64>, events: &[Value]) -> Transfer {
    let flow = json!({
        "transfer": ID, "payer": "alice", "payee": "bob", "amount": "12.50", "currency": "USD", "memo": "lunch",
        "status": status, "verb": "transfer", "reason": refusal.map(|refusal| refusal.reason.code()),
        "detail": refusal.map(|refusal| refusal.detail.clone()), "trace": "0190b1c47a2e8c3d9f005a3c1e8b2d4f",
        "started_at": time(0), "ended_at": ended_us.map(time), "events": events,
    });
    serde_json::from_str(&flow.to_string()).unwrap()
}

#[track_caller]
fn check(flow: &Transfer, expected: &str) {
    let drawn = draw(flow);
    let trimmed: Vec<&str> = drawn.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n"), expected, "\n{drawn}");
    let widest = drawn.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(WIDTH), "{widest:?} columns");
}

#[test]
fn colours_change_no_words() {
    let events = vec![request(1, 0, &json!({}))];
    let flow = flow("running", None, None, &events);
    let painted = draw_with(&flow, Paint::Colour);
    assert_ne!(painted, draw(&flow));
    let plain = painted
        .split("\x1b[")
        .map(|part| part.split_once('m').map_or(part, |(_, text)| text));
    assert_eq!(plain.collect::<String>().len(), draw(&flow).len());
}

#[test]
fn a_headline_is_a_sentence() {
    let check =
        |verb: &str, payer: &str, payee: Option<&str>, status: &str, reason: Option<&str>, expected: &str| {
            let mut flow = flow("settled", None, Some(8_300), &[]);
            verb.clone_into(&mut flow.verb);
            payer.clone_into(&mut flow.payer);
            flow.payee = payee.map(str::to_owned);
            flow.status = serde_json::from_value(json!(status)).unwrap();
            flow.reason = reason.map(str::to_owned);
            assert_eq!(headline(&flow), expected);
        };
    check(
        "transfer",
        "alice",
        Some("bob"),
        "settled",
        None,
        "alice paid 12.50 USD to bob; settled in 8.30 ms",
    );
    let short = Some("insufficient_funds");
    check(
        "transfer",
        "alice",
        Some("bob"),
        "refused",
        short,
        "alice did not pay 12.50 USD to bob; refused after 8.30 ms: insufficient_funds",
    );
    check(
        "transfer",
        "alice",
        None,
        "refused",
        Some("invalid_amount"),
        "alice did not pay; refused after 8.30 ms: invalid_amount",
    );
    let frozen = Some("account_frozen");
    check(
        "transfer",
        "alice",
        Some("bob"),
        "compensated",
        frozen,
        "alice paid 12.50 USD to bob and got it back; compensated after 8.30 ms: account_frozen",
    );
    check(
        "transfer",
        "@world",
        Some("bob"),
        "settled",
        None,
        "12.50 USD was deposited to bob; settled in 8.30 ms",
    );
    check(
        "transfer",
        "alice",
        Some("@world"),
        "refused",
        short,
        "alice did not withdraw 12.50 USD; refused after 8.30 ms: insufficient_funds",
    );
    check(
        "open",
        "alice",
        None,
        "done",
        None,
        "alice was opened in USD; done in 8.30 ms",
    );
    check(
        "close",
        "alice",
        None,
        "refused",
        Some("balance_not_zero"),
        "alice was not closed in USD; refused after 8.30 ms: balance_not_zero",
    );
}
