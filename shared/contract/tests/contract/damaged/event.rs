//! Requests in `CloudEvents`, and their headers.

use wallet_contract::testing::{ONE, THREE, TWO, pays};

use super::{check, event, plain, refused};

#[test]
fn an_event_carries_a_request_as_an_object_as_text_or_as_bytes() {
    let check = |body: String, expected: &str| check(&[], body, &[expected]);
    let valid = "alice transfer one: 1.00 USD";
    let data = format!("{{{}}}", pays("bob", "1.00"));
    let text = serde_json::to_string(&data).unwrap();
    check(event(ONE, &format!(r#""data":{data}"#)), valid);
    check(event(ONE, &format!(r#""data":{text}"#)), valid);
    let encoded = "eyJ0byI6ImJvYiIsImFtb3VudCI6IjEuMDAiLCJjdXJyZW5jeSI6IlVTRCJ9";
    check(event(ONE, &format!(r#""data_base64":"{encoded}""#)), valid);
    check(
        event(ONE, r#""data_base64":"eyJ0byI6ImJvYiJ9""#),
        &refused("transfer needs field \"amount\""),
    );
    for data in ["null", "12.50", "[]", "true"] {
        let detail = format!("\"data\" is {data}: use the request, an object");
        check(event(ONE, &format!(r#""data":{data}"#)), &refused(&detail));
    }
    check(
        event(ONE, r#""data":"bob""#),
        &refused("\"data\" is bob: expected value at line 1 column 1"),
    );
    check(
        event(ONE, r#""data_base64":"***""#),
        &refused("\"data_base64\" is \"***\": Invalid symbol 42, offset 0."),
    );
    check(
        event(ONE, r#""time":"now""#),
        &refused("a CloudEvent without \"data\": it is the request, an object"),
    );
    check(
        event(ONE, &format!(r#""data":{data},"data_base64":"{encoded}""#)),
        &refused("a CloudEvent with \"data\" and \"data_base64\": use one"),
    );
    check(
        event(ONE, &format!(r#""data":{data}"#)).replace("\"1.0\"", "\"0.3\""),
        &refused("CloudEvents specversion \"0.3\": use \"1.0\""),
    );
    check(
        event(ONE, r#""data":{"to":"bob","amount":null}"#),
        &refused("field \"amount\" is null: use a string, such as \"12.50\", or leave it out"),
    );
    check(
        event(ONE, r#""data":{"to":"bob","memo":"\ud83c"}"#),
        &refused(r#"field "memo" is "\ud83c": half of a surrogate pair is not a character"#),
    );
}

/// Attributes that we do not use must still be valid JSON: the ledger records the event, and other programs read it there.
#[test]
fn an_attribute_that_can_not_be_decoded_is_refused_by_name() {
    let check = |attribute: &str, expected: &str| {
        let body = event(ONE, &format!(r#"{attribute},"data":{{{}}}"#, pays("bob", "1.00")));
        check(&[], body, &[&refused(expected)]);
    };
    check(
        r#""type":"\ud800paid""#,
        r#"field "type" is "\ud800paid": half of a surrogate pair is not a character"#,
    );
    check(
        r#""weight":1e999"#,
        r#"field "weight" is 1e999: number out of range"#,
    );
    check(r#""\ud800":"1""#, "half of a surrogate pair is not a character");
}

#[test]
fn contradicting_event_and_data_ids_are_refused_under_both() {
    let why = format!("the event's id {TWO} contradicts \"id\" {ONE} of its data: use one id for both");
    let both = [
        refused(&why),
        format!("alice transfer two: invalid_request: {why}"),
    ];
    let both = [&*both[0], &*both[1]];
    check(&[], event(TWO, &format!(r#""data":{}"#, plain(ONE))), &both);
    check(&[("ce-id", TWO)], plain(ONE), &both);
    let valid = ["alice transfer one: 1.00 USD"];
    check(&[("ce-id", ONE)], plain(ONE), &valid);
    check(&[("ce-id", &ONE.to_uppercase())], plain(ONE), &valid);
    check(&[], event(ONE, &format!(r#""data":{}"#, plain(ONE))), &valid);
    // An event may have an id of its own, as long as it can't be mistaken for the transfer's.
    check(&[("ce-id", "order-17")], plain(ONE), &valid);
    check(
        &[],
        event("order-17", &format!(r#""data":{}"#, plain(ONE))),
        &valid,
    );
    let more = format!(
        "[{},{}]",
        plain(THREE),
        event(TWO, &format!(r#""data":{}"#, plain(ONE)))
    );
    check(&[], more, &["alice transfer three: 1.00 USD", both[0], both[1]]);
}

#[test]
fn headers_are_case_insensitive() {
    let data = format!("{{{}}}", pays("bob", "1.00"));
    for name in ["ce-id", "Ce-Id", "CE-ID"] {
        check(&[(name, ONE)], &data, &["alice transfer one: 1.00 USD"]);
    }
    for id in [
        ONE.replace('-', "%2D"),
        ONE.replace('0', "%30"),
        format!("\"{ONE}\""),
        format!(" {ONE} "),
    ] {
        check(&[("ce-id", &id)], &data, &["alice transfer one: 1.00 USD"]);
    }
    check(
        &[("Ce-Id", ONE), ("ce-id", TWO)],
        &data,
        &[&*format!(
            "nobody: id \"{ONE}, {TWO}\": a request needs \"id\", a UUID made by the client"
        )],
    );
    check(
        &[("ce-id", ONE)],
        "",
        &[&*refused("the message is empty: a request is an object")],
    );
    check(
        &[("ce-id", ONE)],
        "[]",
        &[&*refused("the message is empty: a request is an object")],
    );
    check(
        &[("ce-id", ONE)],
        "nonsense",
        &[&*refused("not JSON: expected ident at line 1 column 2")],
    );
    check(
        &[("ce-id", ONE)],
        r#"{"id":"7","to":"bob"}"#,
        &[&*refused("field \"id\" is \"7\": use a UUID made by the client")],
    );
}

/// One id must not apply to two requests: two equal ones would be one payment.
#[test]
fn a_messages_id_is_not_that_of_each_request_in_it() {
    let data = format!("{{{}}}", pays("bob", "1.00"));
    let why = format!(
        "no \"id\": the event's id {ONE} is that of its message, and there is more than one request in it"
    );
    let none = refused(&why);
    check(&[("ce-id", ONE)], format!("[{data},{data}]"), &[&*none, &*none]);
    check(
        &[("ce-id", ONE)],
        format!("[{data},{}]", plain(TWO)),
        &[&*none, "alice transfer two: 1.00 USD"],
    );
    check(
        &[("ce-id", ONE)],
        format!("[{data}]"),
        &["alice transfer one: 1.00 USD"],
    );
}
