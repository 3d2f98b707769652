//! The bytes sent are the ones that were validated: alone, in arrays and in bulk.

use super::*;

fn id() -> TransferId {
    "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f".parse().unwrap()
}

#[test]
fn the_request_that_is_sent_is_the_one_that_was_validated() {
    let alice: AccountId = "alice".parse().unwrap();
    let wanted = Wanted {
        from: &alice,
        to: "bob",
        amount: "12.50",
        currency: "USD",
        memo: Some("a \"lunch\""),
    };
    let request = Request::transfer(id(), &wanted).unwrap();
    let expected = concat!(
        r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","to":"bob","amount":"12.50","#,
        r#""currency":"USD","memo":"a \"lunch\""}"#
    );
    assert_eq!(request.body, expected);
    let (payee, money) = request.movement().unwrap();
    assert_eq!(
        (payee.as_str(), money.to_string()),
        ("bob", "12.50 USD".to_owned())
    );
}

#[test]
fn errors_use_the_contracts_wording() {
    let check = |from: &str, to: &str, amount: &str, currency: &str, expected: &str| {
        let from = from.parse().unwrap();
        let wanted = Wanted {
            from: &from,
            to,
            amount,
            currency,
            memo: None,
        };
        assert_eq!(
            Request::transfer(id(), &wanted).unwrap_err().to_string(),
            expected
        );
    };
    check(
        "alice",
        "bob",
        "0.345",
        "USD",
        "invalid_amount: amount \"0.345\" has 3 decimals, USD has 2",
    );
    check(
        "alice",
        "alice",
        "1.00",
        "USD",
        "same_account: alice can't pay itself",
    );
    check(
        "alice",
        "bob",
        "1",
        "usd",
        "unknown_currency: unknown currency \"usd\": use an ISO 4217 code in capitals, such as USD",
    );
}

#[test]
fn a_typed_amount_is_sent_in_the_wire_format() {
    let (alice, usd) = ("alice".parse().unwrap(), "USD".parse().unwrap());
    let wanted = |amount| Wanted {
        from: &alice,
        to: "bob",
        amount,
        currency: "USD",
        memo: None,
    };
    let check = |request: Result<Request, Refusal>, expected: &str| {
        let body = request.unwrap().body;
        assert!(body.contains(expected), "{body} has no {expected}");
    };
    check(Request::transfer(id(), &wanted("5")), r#""amount":"5.00""#);
    check(
        Request::reserve(id(), &wanted("12.5"), None, false),
        r#""amount":"12.50""#,
    );
    check(
        Request::reverse(id(), &wanted("1,234.5"), id()),
        r#""amount":"1234.50""#,
    );
    check(
        Request::confirm(id(), &alice, Some(("5", "USD"))),
        r#""amount":"5.00""#,
    );
    check(
        Request::open(id(), &alice, usd, Some("50")),
        r#""overdraft":"50.00""#,
    );
    check(
        Request::open(id(), &alice, usd, Some("unlimited")),
        r#""overdraft":"unlimited""#,
    );
    let lots = Request::open(id(), &alice, usd, Some("lots")).unwrap_err();
    assert_eq!(
        lots.detail,
        "--overdraft: amount \"lots\" is not a plain decimal number, such as \"12.50\". Use an amount, such as 50.00, or \
         \"unlimited\""
    );
    let refused = Request::transfer(id(), &wanted("5.")).unwrap_err().to_string();
    assert!(refused.ends_with("did you mean 5.00?"), "{refused}");
}

#[test]
fn a_request_is_the_same_in_an_array_and_in_bulk() {
    let alice: AccountId = "alice".parse().unwrap();
    let wanted = Wanted {
        from: &alice,
        to: "bob",
        amount: "1.00",
        currency: "USD",
        memo: Some("a \"lunch\" {1}"),
    };
    let traced = |request: Request| Request {
        trace: Some(TraceId::started_by(EventId(id().0))),
        ..request
    };
    let requests = [
        Request::transfer(id(), &wanted).unwrap(),
        traced(Request::reserve(id(), &wanted, Some(60), true).unwrap()),
        Request::confirm(id(), &alice, Some(("1.00", "USD"))).unwrap(),
        traced(Request::plain(Verb::Cancel, id(), &alice).unwrap()),
    ];
    for request in requests {
        let read = |body: &str, verb: Verb, account: Option<&AccountId>| {
            let context = Context {
                verb,
                account,
                traceparent: None,
                event_id: None,
            };
            request::read(body, context).unwrap()
        };
        let alone = read(&request.element(), request.verb, Some(&alice));
        let bulk = read(&request.bulk_element(), Verb::Transfer, None);
        for read in [alone, bulk] {
            assert_eq!((read.id, &read.account), (request.request, &alice), "{request:?}");
            assert_eq!(read.order.as_ref(), Ok(&request.order));
            assert!(request.trace.is_none_or(|trace| trace == read.trace));
        }
    }
}

#[test]
fn a_request_can_be_sent_again_under_another_id() {
    let alice = "alice".parse().unwrap();
    let old = id().to_string();
    let wanted = Wanted {
        from: &alice,
        to: "bob",
        amount: "1.00",
        currency: "USD",
        memo: Some(&old),
    };
    let other = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d50".parse().unwrap();
    let request = Request::transfer(id(), &wanted).unwrap();
    assert_eq!(request.under(other), Request::transfer(other, &wanted).unwrap());
}

#[test]
fn an_operators_request_has_only_the_fields_that_it_needs() {
    let bob: AccountId = "bob".parse().unwrap();
    let open = Request::open(id(), &bob, "USD".parse().unwrap(), Some("unlimited")).unwrap();
    let body = r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","currency":"USD","overdraft":"unlimited"}"#;
    assert_eq!(open.body, body);
    let freeze = Request::plain(Verb::Freeze, id(), &bob).unwrap();
    assert_eq!(
        (freeze.body.as_str(), freeze.movement()),
        (r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f"}"#, None)
    );
}
