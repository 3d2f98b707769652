//! Bytes that are not text, and texts that are not JSON.

use wallet_contract::subject::{Subject, Verb};
use wallet_contract::testing::{ONE, THREE, TWO, name};

use super::{check, plain, refused, results, with};

#[test]
fn a_damaged_field_is_refused_by_name() {
    let check = |body: &[u8], detail: &str| check(&[], body, &[&*refused(detail)]);
    let half = "half of a surrogate pair is not a character";
    let control = "a control character must be written as an escape, such as \\n or \\t";
    let unknown = "a request has id, from, to, amount, currency, overdraft, memo, reverses, verb, traceparent, expires_in, \
                   auto_confirm";
    for memo in [r"lunch \ud83c", r"\udf55 lunch", r"\ud83c\ud83c", r"\ud83c\n"] {
        let detail = format!("field \"memo\" is \"{memo}\": {half}");
        check(with(&format!(r#""memo":"{memo}""#)).as_bytes(), &detail);
    }
    check(
        with(r#""memo\ud83c":"lunch""#).as_bytes(),
        &format!("unknown field \"memo\u{fffd}\": {unknown}"),
    );
    for (memo, shown) in [("a\tb", r"a\tb"), ("a\nb", r"a\nb"), ("a\0b", r"a\u{0}b")] {
        let detail = format!("field \"memo\" is \"{shown}\": {control}");
        check(with(&format!("\"memo\":\"{memo}\"")).as_bytes(), &detail);
    }
    let latin = [
        with("\"memo\":\"caf").trim_end_matches('}').as_bytes(),
        b"\xe9\"}",
    ]
    .concat();
    check(&latin, "field \"memo\" is \"caf\u{fffd}\": it is not UTF-8");
    check(
        with(r#""memo":"C:\qed""#).as_bytes(),
        "field \"memo\" is \"C:\\qed\": invalid escape",
    );
    let amount = |amount: &str| plain(ONE).replace("\"1.00\"", amount);
    for number in [
        "1e999",
        "-1e999",
        "123456789012345678901234567890",
        "1.00",
        "-0",
        "null",
        "true",
        "[\"1.00\"]",
    ] {
        let or_not = if number == "null" { ", or leave it out" } else { "" };
        let detail = format!("field \"amount\" is {number}: use a string, such as \"12.50\"{or_not}");
        check(amount(number).as_bytes(), &detail);
    }
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    check(
        with(&format!(r#""memo":{deep}"#)).as_bytes(),
        &format!("field \"memo\" is {deep}: use a string"),
    );
    check(
        with(r#""amount":"2.00""#).as_bytes(),
        "field \"amount\" occurs twice, as \"1.00\" and as \"2.00\": use it once",
    );
    check(
        with(r#""am\u006funt":"1.00""#).as_bytes(),
        "field \"amount\" occurs twice, as \"1.00\" and as \"1.00\": use it once",
    );
}

#[test]
fn invalid_json_is_refused_as_a_whole_under_each_id_in_it() {
    let currency = r#"not JSON after field "currency": "USD": "#;
    let check = |body: &str, expected: &[String]| {
        let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
        check(&[], body, &expected);
    };
    let one = plain(ONE);
    let cut = &one[..one.len() - 1];
    check(
        cut,
        &[refused(&format!(
            "{currency}EOF while parsing an object at line 1 column {}",
            cut.len()
        ))],
    );
    check(
        &with(r#""memo":"say "hi" now""#),
        &[refused(
            r#"not JSON after field "memo": "say ": expected `,` or `}` at line 1 column 103"#,
        )],
    );
    let trailing = format!("{currency}expected value at line 1 column {}", one.len() + 2);
    check(
        &format!("{one} x"),
        &[
            refused(&trailing),
            "nobody: no id: a request needs \"id\", a UUID made by the client".to_owned(),
        ],
    );
    let two = "alice transfer two: invalid_request: ";
    let comma = format!("{currency}trailing comma at line 1 column {}", 2 * one.len() + 4);
    check(
        &format!("[{one},{},]", plain(TWO)),
        &[refused(&comma), format!("{two}{comma}")],
    );
    check(
        &format!("{},{}", one, plain(TWO)),
        &[
            refused(&format!(
                "{currency}expected value at line 1 column {}",
                one.len() + 1
            )),
            format!("{two}{currency}expected value at line 1 column {}", one.len() + 1),
        ],
    );
    // A quote that is never closed swallows what follows. Which request is meant can only be guessed, so all are answered.
    let open = format!(r#"[{{"id":"{ONE}","memo":"rent}},{}]"#, plain(TWO));
    let why = r#"field "id" occurs twice, as "01900000-0000-7000-8000-000000000001" and as "01900000-0000-7000-8000-000000000002": use it once"#;
    check(&open, &[refused(why), format!("{two}{why}")]);
    check(
        "nonsense",
        &["nobody: not a request: expected ident at line 1 column 2".to_owned()],
    );
    check(
        "{}",
        &["nobody: no id: a request needs \"id\", a UUID made by the client".to_owned()],
    );
    check(
        "",
        &["nobody: the message is empty: a request is an object".to_owned()],
    );
    check("[]", &[]);
    check("[7]", &["nobody: not a request: 7 is not an object".to_owned()]);
    check(
        &format!("[{one}, 7]"),
        &[
            "alice transfer one: 1.00 USD".to_owned(),
            "nobody: not a request: 7 is not an object".to_owned(),
        ],
    );
    check(
        &format!("[[{one}]]"),
        &[refused(&format!("[{one}] is not a request: use an object"))],
    );
    check(
        &serde_json::to_string(&one).unwrap(),
        &[
            "nobody: not a request: ".to_owned()
                + &serde_json::to_string(&one).unwrap()
                + " is not an object",
        ],
    );
}

#[test]
fn valid_requests_among_damaged_ones_go_through() {
    let (first, last) = ("alice transfer one: 1.00 USD", "alice transfer three: 1.00 USD");
    let two = |detail: &str| format!("alice transfer two: invalid_request: {detail}");
    let memo = |bad: &[u8]| {
        let second = plain(TWO);
        [
            second.trim_end_matches('}').as_bytes(),
            b",\"memo\":\"",
            bad,
            b"\"}",
        ]
        .concat()
    };
    let control = "a control character must be written as an escape, such as \\n or \\t";
    for (bad, detail) in [
        (
            &b"caf\xe9"[..],
            "field \"memo\" is \"caf\u{fffd}\": it is not UTF-8".to_owned(),
        ),
        (b"\t", format!("field \"memo\" is \"\\t\": {control}")),
        (b"\n", format!("field \"memo\" is \"\\n\": {control}")),
        (
            b"\\ud83c",
            "field \"memo\" is \"\\ud83c\": half of a surrogate pair is not a character".to_owned(),
        ),
        (b"\\x", "field \"memo\" is \"\\x\": invalid escape".to_owned()),
    ] {
        let body = [
            b"[",
            plain(ONE).as_bytes(),
            b",",
            &memo(bad),
            b",",
            plain(THREE).as_bytes(),
            b"]",
        ]
        .concat();
        check(&[], &body, &[first, &two(&detail), last]);
        let lines = [
            plain(ONE).as_bytes(),
            b"\n",
            &memo(bad),
            b"\n",
            plain(THREE).as_bytes(),
            b"\n",
        ]
        .concat();
        check(&[], &lines, &[first, &two(&detail), last]);
    }
    let lines = format!("{}\n{}\r\n", plain(ONE), plain(THREE));
    check(&[], &lines, &[first, last]);
    check(&[], format!("{}{}", plain(ONE), plain(THREE)), &[first, last]);
    check(&[], format!("\u{feff}{}", plain(ONE)), &[first]);
    check(
        &[],
        format!("\u{feff}[{}, {}]", plain(ONE), plain(THREE)),
        &[first, last],
    );
}

#[test]
fn an_oversized_message_is_refused_and_answered() {
    let many = |number: usize| {
        let requests: Vec<String> = (1..=number)
            .map(|number| format!(r#"{{"id":"01900000-0000-7000-8000-{number:012x}"}}"#))
            .collect();
        format!("[{}]", requests.join(","))
    };
    let cancels = Subject::Request(Verb::Cancel, name("alice"));
    let whole = results(&cancels, &[], many(10_000).as_bytes());
    assert_eq!(
        (whole.len(), &*whole[9_999]),
        (10_000, "alice cancel another: valid")
    );
    let more = results(&cancels, &[], many(10_002).as_bytes());
    let why = "invalid_request: 10002 requests in one message: the limit is 10000";
    assert_eq!(
        more.len(),
        10_002,
        "the last two are refused under both of their ids"
    );
    assert!(more.iter().all(|line| line.ends_with(why)), "{}", more[0]);
    assert_eq!(more[0], format!("alice cancel one: {why}"));
    let large = format!(r#"{{"id":"{ONE}","memo":"{}"}}"#, "m".repeat(2 * 1024 * 1024));
    let expected = refused(&format!(
        "a message of {} bytes: the limit is 1048576",
        large.len()
    ));
    check(&[], &large, &[&*expected]);
    let unreadable = "m".repeat(2 * 1024 * 1024);
    check(
        &[],
        &unreadable,
        &["nobody: a message of 2097152 bytes: the limit is 1048576"],
    );
}
