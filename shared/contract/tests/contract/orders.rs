//! The meaning of requests, verb by verb, and the refusals of invalid ones.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

use wallet_contract::id::AccountId;
use wallet_contract::request::{self, Context, Order, Request};
use wallet_contract::subject::Verb;
use wallet_contract::testing::{ONE, TWO, name, pays, reversal};

/// Reads a request of alice's with these fields, and checks why it is refused.
fn check(verb: Verb, fields: &str, expected: &str) {
    assert_eq!(refusal(&parse(verb, fields)), expected, "{fields}");
}

#[test]
fn a_field_that_does_not_apply_to_the_verb_is_refused() {
    let fields = [
        ("to", r#""bob""#),
        ("amount", r#""1.00""#),
        ("currency", r#""USD""#),
        ("overdraft", r#""1.00""#),
        ("memo", r#""rent""#),
        ("reverses", r#""01900000-0000-7000-8000-000000000002""#),
        ("expires_in", "900"),
        ("auto_confirm", "true"),
    ];
    let without = |verb| match verb {
        Verb::Transfer => vec!["overdraft", "reverses", "expires_in", "auto_confirm"],
        Verb::Reserve => vec!["overdraft", "reverses"],
        Verb::Confirm => vec![
            "to",
            "overdraft",
            "memo",
            "reverses",
            "expires_in",
            "auto_confirm",
        ],
        Verb::Reverse => vec!["overdraft", "expires_in", "auto_confirm"],
        Verb::Open => vec!["to", "amount", "memo", "reverses", "expires_in", "auto_confirm"],
        Verb::Cancel | Verb::Freeze | Verb::Unfreeze | Verb::Close => {
            fields.iter().map(|(name, _)| *name).collect()
        }
    };
    for verb in Verb::ALL {
        for (name, value) in fields {
            let refused = format!(
                "invalid_request: field {name:?} does not apply to {}",
                verb.token()
            );
            let request = parse(verb, &format!("{name:?}:{value}"));
            let found = refusal(&request);
            assert_eq!(
                found == refused,
                without(verb).contains(&name),
                "{} with {name}: {found}",
                verb.token()
            );
        }
    }
}

#[test]
fn a_reservation_holds_from_a_second_to_a_year() {
    let reserve = |terms: &str| format!("{},{terms}", pays("bob", "1.00"));
    let held = |fields: &str| match parse(Verb::Reserve, fields).order {
        Ok(Order::Reserve(_, hold)) => (hold.expires_in, hold.auto_confirm),
        other => panic!("{fields}: {other:?}"),
    };
    assert_eq!(held(&pays("bob", "1.00")), (7 * 24 * 3600, false));
    assert_eq!(held(&reserve(r#""expires_in":1"#)), (1, false));
    assert_eq!(
        held(&reserve(r#""expires_in":31536000,"auto_confirm":true"#)),
        (31_536_000, true)
    );
    let limits = "use 1 to 31536000 seconds";
    for seconds in ["0", "31536001", "4294967297", "18446744073709551615"] {
        let fields = reserve(&format!(r#""expires_in":{seconds}"#));
        let expected = format!("invalid_request: expires_in {seconds}: {limits}");
        check(Verb::Reserve, &fields, &expected);
    }
    for value in [r#""900""#, "1.5", "-1", "18446744073709551616"] {
        let fields = reserve(&format!(r#""expires_in":{value}"#));
        let expected = format!(
            "invalid_request: field \"expires_in\" is {value}: use a whole number of seconds, such as 900"
        );
        check(Verb::Reserve, &fields, &expected);
    }
    for value in [r#""yes""#, "1"] {
        let fields = reserve(&format!(r#""auto_confirm":{value}"#));
        let expected = format!("invalid_request: field \"auto_confirm\" is {value}: use true or false");
        check(Verb::Reserve, &fields, &expected);
    }
}

#[test]
fn a_reservation_needs_the_fields_of_a_transfer() {
    check(Verb::Reserve, "", "invalid_request: reserve needs field \"to\"");
    check(
        Verb::Reserve,
        r#""to":"bob","currency":"USD""#,
        "invalid_request: reserve needs field \"amount\"",
    );
    check(
        Verb::Reserve,
        &pays("alice", "1.00"),
        "same_account: alice can't pay itself",
    );
    check(
        Verb::Reserve,
        &pays("@in-transit", "1.00"),
        "invalid_account: @in-transit is internal to the books: it can neither pay nor be paid",
    );
    check(
        Verb::Reserve,
        &pays("bob", "1.5"),
        "invalid_amount: amount \"1.5\" has 1 decimals, USD has 2",
    );
}

#[test]
fn a_memo_with_a_zero_byte_is_refused_and_details_are_bounded() {
    let memo = format!(r#"{},"memo":"rent\u0000""#, pays("bob", "1.00"));
    let expected = "invalid_request: a memo with a zero byte: use a line of text";
    check(Verb::Transfer, &memo, expected);
    for amount in [
        format!("\"{}\"", r#"\""#.repeat(300_000)),
        format!("[{}0]", "\"\",".repeat(200_000)),
    ] {
        let fields = format!(r#""to":"bob","amount":{amount},"currency":"USD""#);
        let found = refusal(&parse(Verb::Transfer, &fields));
        assert!(found.len() < 2_000, "{} bytes", found.len());
    }
}

#[test]
fn a_confirm_is_for_all_or_for_an_amount_with_its_currency() {
    let confirms = |fields: &str| match parse(Verb::Confirm, fields).order {
        Ok(Order::Confirm(money)) => money.map(|money| money.to_string()),
        other => panic!("{fields}: {other:?}"),
    };
    assert_eq!(confirms(""), None);
    assert_eq!(
        confirms(r#""amount":"4.00","currency":"USD""#).as_deref(),
        Some("4.00 USD")
    );
    check(
        Verb::Confirm,
        r#""amount":"4.00""#,
        "invalid_request: confirm needs field \"currency\"",
    );
    check(
        Verb::Confirm,
        r#""currency":"USD""#,
        "invalid_request: confirm needs field \"amount\"",
    );
    check(
        Verb::Confirm,
        r#""amount":"4.00","currency":"XXX""#,
        "unknown_currency: unknown currency \"XXX\": use an ISO 4217 code in capitals, such as USD",
    );
}

#[test]
fn a_reversal_names_the_transfer_that_it_gives_back() {
    let reverse = |id: &str| format!(r#"{},"reverses":"{id}""#, pays("bob", "1.00"));
    assert_eq!(
        parse(Verb::Reverse, &reverse(TWO)).order,
        Ok(Order::Reverse(reversal("alice", "bob", "1.00", TWO)))
    );
    check(
        Verb::Reverse,
        &pays("bob", "1.00"),
        "invalid_request: reverse needs field \"reverses\"",
    );
    for id in ["", "7", "01900000-0000-7000-8000-00000000000g"] {
        let expected =
            format!("invalid_request: reverses {id:?}: use the id of the transfer to give back, a UUID");
        check(Verb::Reverse, &reverse(id), &expected);
    }
}

#[test]
fn a_bodys_verb_must_match_its_subject() {
    let named = |verb: &str| format!(r#"{},"verb":"{verb}""#, pays("bob", "1.00"));
    check(Verb::Transfer, &named("transfer"), "valid");
    check(
        Verb::Transfer,
        &named("reserve"),
        "invalid_request: verb \"reserve\": here it can be transfer",
    );
    let bulk = |verb: &str| {
        let json = format!(r#"{{"id":"{ONE}","from":"alice",{}}}"#, named(verb));
        let request = request::read(&json, context(Verb::Transfer, None)).unwrap();
        format!("{}: {}", request.verb.token(), refusal(&request))
    };
    assert_eq!(bulk("transfer"), "transfer: valid");
    assert_eq!(bulk("reserve"), "reserve: valid");
    assert_eq!(
        bulk("confirm"),
        "confirm: invalid_request: field \"to\" does not apply to confirm"
    );
    for verb in [
        "reverse", "open", "freeze", "unfreeze", "close", "pay", "Transfer", "",
    ] {
        let expected = format!(
            "transfer: invalid_request: verb {verb:?}: here it can be transfer, reserve, confirm, cancel"
        );
        assert_eq!(bulk(verb), expected);
    }
}

#[test]
fn a_requests_id_can_be_derived_from_its_movement() {
    let memo = format!(r#"{},"memo":"rent, März""#, pays("bob", "12.50"));
    let back = format!(r#"{},"reverses":"{TWO}""#, pays("bob", "0.05"));
    for (verb, fields) in [
        (Verb::Transfer, pays("bob", "12.50")),
        (Verb::Transfer, memo),
        (Verb::Reverse, back),
    ] {
        let request = parse(verb, &fields);
        let Ok(Order::Transfer(movement) | Order::Reverse(movement)) = &request.order else {
            panic!("{fields}: {request:?}");
        };
        assert_eq!(movement.request(request.transfer), (verb, request.id), "{fields}");
    }
}

/// examples/README.md uses this example to explain to clients in other languages how to derive the id of a request.
#[test]
fn a_requests_id_is_derived_as_in_the_examples() {
    let id = "01a207e8-99e5-7247-b87a-88872bad8c0f";
    let alice = name("alice");
    let body = format!(r#"{{"id":"{id}",{}}}"#, pays("bob", "12.50"));
    let request = request::read(&body, context(Verb::Transfer, Some(&alice))).unwrap();
    assert_eq!(request.id.to_string(), "01a207e8-99e5-8247-8de9-9fd0c5f2659c");
    let readme = include_str!("../../../../examples/README.md");
    assert!(readme.contains(id) && readme.contains(&request.id.to_string()));
}

#[test]
fn different_terms_or_verbs_make_different_requests() {
    let reserve = |terms: &str| parse(Verb::Reserve, &format!("{}{terms}", pays("bob", "1.00"))).id;
    assert_eq!(
        reserve(""),
        reserve(r#","expires_in":604800,"auto_confirm":false"#)
    );
    assert_ne!(reserve(""), reserve(r#","expires_in":604801"#));
    assert_ne!(reserve(""), reserve(r#","auto_confirm":true"#));
    assert_ne!(reserve(""), parse(Verb::Transfer, &pays("bob", "1.00")).id);
    let reverse = |of: &str| {
        let fields = format!(r#"{},"reverses":"{of}""#, pays("bob", "1.00"));
        parse(Verb::Reverse, &fields).id
    };
    assert_ne!(reverse(ONE), reverse(TWO));
    assert_ne!(
        parse(Verb::Confirm, "").id,
        parse(Verb::Confirm, r#""amount":"4.00","currency":"USD""#).id
    );
    assert_ne!(parse(Verb::Confirm, "").id, parse(Verb::Cancel, "").id);
}

#[test]
fn the_same_content_in_another_spelling_is_the_same_request() {
    let same = |verb: Verb, one: &str, other: &str| {
        let [one, other] = [one, other].map(|fields| parse(verb, fields));
        assert_eq!(
            (refusal(&one), refusal(&other)),
            ("valid".to_owned(), "valid".to_owned())
        );
        assert_eq!(
            one.id,
            other.id,
            "{} {:?} {:?}",
            verb.token(),
            one.order,
            other.order
        );
    };
    for verb in [Verb::Transfer, Verb::Reserve] {
        let plain = pays("bob", "12.50");
        for amount in ["012.50", "00012.50", r"12.\u0035\u0030", r"\u00312.50"] {
            same(verb, &plain, &pays("bob", amount));
        }
        same(verb, &plain, &pays(r"b\u006fb", "12.50"));
        same(verb, &plain, &format!(r#"{plain},"from":"alice""#));
        same(verb, &plain, &format!(r#"{plain},"memo":"""#));
        same(
            verb,
            &format!(r#"{plain},"memo":"é""#),
            &format!(r#"{plain},"memo":"\u00e9""#),
        );
        same(verb, &plain, r#""currency":"USD","amount":"12.50","to":"bob""#);
        same(
            verb,
            &plain.replace("12.50", "0.01"),
            &plain.replace("12.50", "00.01"),
        );
        same(
            verb,
            &plain.replace("12.50", "7").replace("USD", "KRW"),
            &plain.replace("12.50", "007").replace("USD", "KRW"),
        );
    }
    let plain = pays("bob", "12.50");
    same(
        Verb::Reserve,
        &plain,
        &format!(r#"{plain},"expires_in":604800,"auto_confirm":false"#),
    );
    same(
        Verb::Confirm,
        r#""amount":"4.00","currency":"USD""#,
        r#""amount":"04.00","currency":"USD""#,
    );
    let reverse = |of: &str| format!(r#"{plain},"reverses":"{of}""#);
    for of in [
        TWO.to_uppercase(),
        format!("{{{TWO}}}"),
        format!("urn:uuid:{TWO}"),
        TWO.replace('-', ""),
    ] {
        same(Verb::Reverse, &reverse(TWO), &reverse(&of));
    }
    for overdraft in ["0.00", "00.00"] {
        let opens = format!(r#""currency":"USD","overdraft":"{overdraft}""#);
        same(Verb::Open, r#""currency":"USD""#, &opens);
    }
    same(
        Verb::Open,
        r#""currency":"USD","overdraft":"5.00""#,
        r#""currency":"USD","overdraft":"05.00""#,
    );
    for id in [
        ONE.to_uppercase(),
        format!("{{{ONE}}}"),
        format!("urn:uuid:{ONE}"),
        ONE.replace('-', ""),
    ] {
        let json = format!(r#"{{"id":"{id}",{plain}}}"#);
        let request = request::read(&json, context(Verb::Transfer, Some(&name("alice")))).unwrap();
        let expected = Request {
            // Its digits have no upper case.
            written: Some(id).filter(|id| id != ONE),
            ..parse(Verb::Transfer, &plain)
        };
        assert_eq!(request, expected);
    }
}

#[test]
fn a_refusal_names_the_field_and_its_value() {
    check(
        Verb::Transfer,
        &pays("b.ob", "1.00"),
        "invalid_account: field \"to\": account name \"b.ob\" has '.': use ASCII letters, digits, '-' and '_' (a \
         leading '@' is for operators only)",
    );
    check(
        Verb::Open,
        r#""currency":"USD","overdraft":"5""#,
        "invalid_amount: field \"overdraft\": amount \"5\" has 0 decimals, USD has 2",
    );
    check(
        Verb::Transfer,
        &format!(r#"{},"traceparent":"00-zz""#, pays("bob", "1.00")),
        "invalid_request: field \"traceparent\": \"00-zz\" is not a W3C trace context, such as \
         00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    );
}

fn refusal(request: &Request) -> String {
    match &request.order {
        Ok(_) => "valid".to_owned(),
        Err(refusal) => refusal.to_string(),
    }
}

fn parse(verb: Verb, fields: &str) -> Request {
    let comma = if fields.is_empty() { "" } else { "," };
    let json = format!(r#"{{"id":"{ONE}"{comma}{fields}}}"#);
    request::read(&json, context(verb, Some(&name("alice")))).unwrap()
}

fn context(verb: Verb, account: Option<&AccountId>) -> Context<'_> {
    Context {
        verb,
        account,
        traceparent: None,
        event_id: None,
    }
}
