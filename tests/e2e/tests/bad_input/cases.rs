//! Damaged, unusual or invalid messages of alice's, and the expected outcomes.

use serde_json::{Value, json};

/// A trace that a client began.
pub(super) const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A message.
pub(super) struct Case {
    /// The verb, as in the subject.
    pub(super) verb: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// The expected outcome under each id.
    pub(super) expected: Vec<(String, Expected)>,
}

/// An outcome.
pub(super) enum Expected {
    /// A cent has moved.
    Settled,
    /// The same, in the client's trace.
    Traced,
    /// `invalid_request`, with this text in its detail.
    Refused(String),
}

use Expected::{Refused, Settled, Traced};

fn case(body: impl Into<Vec<u8>>, expected: Vec<(String, Expected)>) -> Case {
    Case {
        verb: "transfer",
        headers: Vec::new(),
        body: body.into(),
        expected,
    }
}

fn refused(detail: &str) -> Expected {
    Refused(detail.to_owned())
}

/// The fields of a payment without its id.
fn data() -> Value {
    json!({ "to": "bob", "amount": "0.01", "currency": "USD" })
}

/// A payment of a cent, with one more field.
fn pays(id: &str, more: &str) -> String {
    let data = data().to_string();
    format!(r#"{{"id":"{id}",{}{more}}}"#, &data[1..data.len() - 1])
}

/// A single request, and what is wrong with it.
fn one_request(more: &str, detail: &str) -> Case {
    let id = e2e::id();
    case(pays(&id, more), vec![(id, refused(detail))])
}

pub(super) fn all() -> Vec<Case> {
    [damaged(), several(), events(), headers(), others()]
        .into_iter()
        .flatten()
        .collect()
}

fn damaged() -> Vec<Case> {
    let half = "half of a surrogate pair is not a character";
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let amount = |amount: &str| {
        let id = e2e::id();
        let body = pays(&id, "").replace("\"0.01\"", amount);
        case(
            body,
            vec![(
                id,
                refused(&format!("field \"amount\" is {amount}: use a string")),
            )],
        )
    };
    let latin = e2e::id();
    let cut = e2e::id();
    let twice = [e2e::id(), e2e::id()];
    let two_ids = pays(&twice[0], &format!(r#","id":"{}""#, twice[1]));
    vec![
        one_request(
            r#","memo":"lunch \ud83c""#,
            &format!("field \"memo\" is \"lunch \\ud83c\": {half}"),
        ),
        one_request(r#","memo\ud83c":"lunch""#, "unknown field \"memo\u{fffd}\""),
        one_request(
            ",\"memo\":\"a\tb\"",
            "field \"memo\" is \"a\\tb\": a control character",
        ),
        one_request(
            ",\"memo\":\"a\0b\"",
            "field \"memo\" is \"a\\u{0}b\": a control character",
        ),
        one_request(
            r#","memo":null"#,
            "field \"memo\" is null: use a string, or leave it out",
        ),
        one_request(
            r#","memo":"a","memo":"b""#,
            "field \"memo\" occurs twice, as \"a\" and as \"b\"",
        ),
        one_request(&format!(r#","memo":{deep}"#), "field \"memo\" is [[[["),
        one_request(
            r#","memo":"say "hi" now""#,
            "not JSON after field \"memo\": \"say \"",
        ),
        amount("1e999"),
        amount("null"),
        amount("0.01"),
        case(
            [
                pays(&latin, ",\"memo\":\"caf").trim_end_matches('}').as_bytes(),
                b"\xe9\"}",
            ]
            .concat(),
            vec![(
                latin,
                refused("field \"memo\" is \"caf\u{fffd}\": it is not UTF-8"),
            )],
        ),
        case(
            pays(&cut, "").trim_end_matches('}'),
            vec![(cut, refused("not JSON after field \"to\": \"bob\": EOF"))],
        ),
        case(
            two_ids,
            twice.map(|id| (id, refused("field \"id\" occurs twice"))).into(),
        ),
    ]
}

/// Messages with more than one request.
fn several() -> Vec<Case> {
    let three = |bad: &[u8], detail: &str| {
        let ids = [e2e::id(), e2e::id(), e2e::id()];
        let memo = pays(&ids[1], ",\"memo\":\"");
        let body = [
            b"[",
            pays(&ids[0], "").as_bytes(),
            b",",
            memo.trim_end_matches('}').as_bytes(),
            bad,
            b"\"},",
            pays(&ids[2], "").as_bytes(),
            b"]",
        ]
        .concat();
        let [first, second, third] = ids;
        case(
            body,
            vec![(first, Settled), (second, refused(detail)), (third, Settled)],
        )
    };
    let both = |between: &str, expected: fn() -> Expected| {
        let ids = [e2e::id(), e2e::id()];
        let body = format!("{}{between}{}", pays(&ids[0], ""), pays(&ids[1], ""));
        case(body, ids.map(|id| (id, expected())).into())
    };
    let last = e2e::id();
    vec![
        three(b"caf\xe9", "it is not UTF-8"),
        three(b"a\tb", "a control character must be written as an escape"),
        three(b"a\nb", "a control character must be written as an escape"),
        three(br"\ud83c", "half of a surrogate pair is not a character"),
        both("\n", || Settled),
        both("", || Settled),
        both(",", || refused("not JSON after field \"to\": \"bob\"")),
        case(format!("[7,{},[]]", pays(&last, "")), vec![(last, Settled)]),
    ]
}

/// A structured `CloudEvent`.
fn event(id: &str, more: &Value) -> String {
    let mut event = json!({ "specversion": "1.0", "id": id, "source": "/shop", "type": "shop.order.paid" });
    for (name, value) in more.as_object().into_iter().flatten() {
        event[name] = value.clone();
    }
    event.to_string()
}

fn events() -> Vec<Case> {
    let with = |more: Value, expected: Expected| {
        let id = e2e::id();
        case(event(&id, &more), vec![(id, expected)])
    };
    let wrong = |data: Value| {
        let detail = format!("\"data\" is {data}: use the request, an object");
        with(json!({ "data": data }), Refused(detail))
    };
    let encoded = "eyJ0byI6ImJvYiIsImFtb3VudCI6IjAuMDEiLCJjdXJyZW5jeSI6IlVTRCJ9";
    let ids = [e2e::id(), e2e::id()];
    let mut contradicting = data();
    contradicting["id"] = ids[1].clone().into();
    let old = e2e::id();
    vec![
        with(json!({ "data": data() }), Settled),
        with(json!({ "data": data().to_string() }), Settled),
        with(json!({ "data_base64": encoded }), Settled),
        wrong(Value::Null),
        wrong(json!(12.5)),
        wrong(json!([])),
        with(
            json!({ "data": "rent" }),
            refused("\"data\" is rent: expected value"),
        ),
        with(
            json!({ "time": "2026-11-30T00:00:00Z" }),
            refused("a CloudEvent without \"data\""),
        ),
        case(
            event(&ids[0], &json!({ "data": contradicting })),
            ids.map(|id| (id, refused("contradicts \"id\""))).into(),
        ),
        case(
            event(&old, &json!({ "data": data(), "specversion": "0.3" })),
            vec![(old, refused("CloudEvents specversion \"0.3\": use \"1.0\""))],
        ),
    ]
}

fn headers() -> Vec<Case> {
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let named = |name: &'static str, write: fn(&str) -> String| {
        let id = e2e::id();
        Case {
            headers: vec![(name, write(&id))],
            ..case(data().to_string(), vec![(id, Settled)])
        }
    };
    let traced = |name: &'static str| {
        let id = e2e::id();
        Case {
            headers: vec![(name, traceparent.clone())],
            ..case(pays(&id, ""), vec![(id, Traced)])
        }
    };
    let ids = [e2e::id(), e2e::id()];
    let contradicting = Case {
        headers: vec![("ce-id", ids[0].clone())],
        ..case(
            pays(&ids[1], ""),
            ids.map(|id| (id, refused("contradicts \"id\""))).into(),
        )
    };
    let empty = e2e::id();
    let empty = Case {
        headers: vec![("ce-id", empty.clone())],
        ..case("", vec![(empty, refused("the message is empty"))])
    };
    vec![
        named("ce-id", str::to_owned),
        named("Ce-Id", str::to_owned),
        named("CE-ID", str::to_owned),
        named("ce-id", |id| id.replace('-', "%2D")),
        traced("traceparent"),
        traced("Traceparent"),
        traced("TRACEPARENT"),
        traced("ce-traceparent"),
        traced("Ce-Traceparent"),
        contradicting,
        empty,
    ]
}

/// An unknown verb, a byte order mark, and ids in other spellings: their clients wait under the spelling they used.
fn others() -> Vec<Case> {
    let unknown = Case {
        verb: "pay",
        ..one_request(
            "",
            "has an unknown verb: use cmd.transfer, cmd.reserve, cmd.confirm",
        )
    };
    let marked = e2e::id();
    let written = [
        e2e::id().to_uppercase(),
        format!("{{{}}}", e2e::id()),
        format!("urn:uuid:{}", e2e::id()),
        e2e::id().replace('-', ""),
    ];
    let written = written.map(|id| case(pays(&id, ""), vec![(id, Settled)]));
    let capitals = e2e::id().to_uppercase();
    let mut others = vec![
        unknown,
        case(format!("\u{feff}{}", pays(&marked, "")), vec![(marked, Settled)]),
        case(
            pays(&capitals, r#","memo":null"#),
            vec![(capitals, refused("field \"memo\" is null"))],
        ),
    ];
    others.extend(written);
    others
}
