//! A null field is refused by name, with every verb and in every form. To omit a field, leave it out.

use std::collections::BTreeMap;

use wallet_contract::parking::Instruction;
use wallet_contract::reason::Reason;
use wallet_contract::subject::{Service, Subject, Verb};
use wallet_contract::testing::{ONE, TWO, name, pays};

use crate::reading::{Reading, read};

/// The fields of a request, except its id.
const FIELDS: [&str; 11] = [
    "from",
    "to",
    "amount",
    "currency",
    "overdraft",
    "memo",
    "reverses",
    "expires_in",
    "auto_confirm",
    "verb",
    "traceparent",
];

/// The fields of a valid request of this verb.
fn valid(verb: Verb) -> String {
    match verb {
        Verb::Transfer | Verb::Reserve => pays("bob", "1.00"),
        Verb::Reverse => format!(r#"{},"reverses":"{TWO}""#, pays("bob", "1.00")),
        Verb::Open => r#""currency":"USD""#.to_owned(),
        Verb::Confirm | Verb::Cancel | Verb::Freeze | Verb::Unfreeze | Verb::Close => String::new(),
    }
}

/// The fields of a valid request, with one of them null.
fn with_null(verb: Verb, field: &str) -> String {
    let valid: Vec<String> = valid(verb)
        .split(',')
        .filter(|given| !given.is_empty() && !given.starts_with(&format!("{field:?}:")))
        .map(str::to_owned)
        .collect();
    [valid, vec![format!("{field:?}:null")]].concat().join(",")
}

/// A message with these fields, in each form that a client can choose.
fn forms(verb: Verb, fields: &str) -> Vec<(Subject, BTreeMap<String, String>, String)> {
    let plain = format!(r#"{{"id":"{ONE}",{fields}}}"#);
    let event = |fields: &str| {
        format!(r#"{{"specversion":"1.0","id":"{ONE}","source":"/s","type":"t","data":{{{fields}}}}}"#)
    };
    let header = BTreeMap::from([("ce-id".to_owned(), ONE.to_owned())]);
    let alices = || Subject::Request(verb, name("alice"));
    let mut forms = vec![
        (alices(), BTreeMap::new(), plain.clone()),
        (alices(), BTreeMap::new(), format!("[{plain}]")),
        (alices(), BTreeMap::new(), event(fields)),
        (alices(), BTreeMap::new(), format!("[{}]", event(fields))),
        (alices(), header, format!("{{{fields}}}")),
    ];
    if verb.decided_by() == Service::Debit && !fields.contains("\"from\"") && !fields.contains("\"verb\"") {
        let whose = format!(r#""from":"alice","verb":"{}",{fields}"#, verb.token());
        forms.push((
            Subject::Bulk,
            BTreeMap::new(),
            format!(r#"[{{"id":"{ONE}",{whose}}}]"#),
        ));
        forms.push((Subject::Bulk, BTreeMap::new(), format!("[{}]", event(&whose))));
    }
    forms
}

fn refusal(subject: &Subject, headers: &BTreeMap<String, String>, body: &str) -> (Verb, String) {
    let read = read(subject, headers, body.as_bytes()).expect("elements");
    let [Ok(Reading::Request(request))] = &read[..] else {
        panic!("{body}: {read:?}")
    };
    assert_eq!(
        (request.transfer.to_string(), request.account.as_str()),
        (ONE.to_owned(), "alice")
    );
    let refusal = request.order.as_ref().expect_err(body);
    assert_eq!(refusal.reason, Reason::InvalidRequest);
    (request.verb, refusal.detail.clone())
}

#[test]
fn a_field_that_is_null_is_refused_by_name() {
    for verb in Verb::ALL {
        for field in FIELDS {
            for (subject, headers, body) in forms(verb, &with_null(verb, field)) {
                let (found, detail) = refusal(&subject, &headers, &body);
                let expected = format!("field {field:?} is null: use ");
                assert!(
                    detail.starts_with(&expected) && detail.ends_with(", or leave it out"),
                    "{body}: {detail}"
                );
                assert_eq!(found, verb, "{body}");
            }
        }
    }
}

#[test]
fn a_null_id_is_refused_under_the_other_id() {
    for verb in Verb::ALL {
        let fields = [r#""id":null"#.to_owned(), valid(verb)].join(",");
        let fields = fields.trim_end_matches(',');
        for (subject, headers, body) in forms(verb, fields) {
            // In the plain forms another `id` precedes it.
            let (_, detail) = refusal(&subject, &headers, &body);
            assert!(detail.contains("field \"id\""), "{body}: {detail}");
        }
    }
}

#[test]
fn a_null_event_attribute_counts_as_absent() {
    let body = format!(
        r#"{{"specversion":"1.0","id":null,"traceparent":null,"data":{{"id":"{ONE}",{}}}}}"#,
        pays("bob", "1.00")
    );
    let read = read(
        &Subject::Request(Verb::Transfer, name("alice")),
        &BTreeMap::new(),
        body.as_bytes(),
    )
    .unwrap();
    let [Ok(Reading::Request(request))] = &read[..] else {
        panic!("{read:?}")
    };
    assert!(request.order.is_ok(), "{request:?}");
}

#[test]
fn an_instruction_rejects_null() {
    for field in ["sequence", "index", "action", "replacement", "body", "reason"] {
        let given = [
            ("sequence", "17"),
            ("index", "0"),
            ("action", "\"discard\""),
            ("reason", "\"twice\""),
        ];
        let given = given.iter().filter(|(name, _)| *name != field);
        let given = given
            .map(|(name, value)| format!("{name:?}:{value}"))
            .chain([format!("{field:?}:null")]);
        let body = format!("{{{}}}", given.collect::<Vec<_>>().join(","));
        let bad = Instruction::read(body.as_bytes()).expect_err(&body).to_string();
        assert!(bad.contains(&format!("field {field:?} is null")), "{body}: {bad}");
    }
}
