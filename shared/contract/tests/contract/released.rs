//! Everything ever released stays readable for ever, and keeps its meaning: a corpus of messages, one for each form.
//!
//! A file of `corpus/` is never changed, nor its expected result (`contract/snapshots/contract__released__*.snap`); a new form is a new
//! file. Expected results are written in words of this test, not in terms of our types: the types evolve, released messages do not.

use std::collections::BTreeSet;

use wallet_contract::envelope;
use wallet_contract::event::Kind;
use wallet_contract::request::Request;
use wallet_contract::subject::{Subject, Verb};

use crate::message::{HERE, Message, corpus, fields};
use crate::reading::{Reading, read};

#[test]
fn every_released_message_is_read_as_it_was() {
    for message in corpus() {
        insta::assert_snapshot!(message.name.clone(), describe(&message));
    }
}

/// The corpus must contain an event of each kind, and a request of each verb in each form, so that no form is forgotten.
#[test]
fn no_form_is_missing_from_the_corpus() {
    let messages = corpus();
    let names: BTreeSet<&str> = messages.iter().map(|message| message.name.as_str()).collect();
    for verb in Verb::ALL {
        for form in [
            "plain",
            "array",
            "structured",
            "structured-array",
            "binary",
            "named",
        ] {
            let name = format!("request-{}-{form}-v1", verb.token());
            assert!(names.contains(name.as_str()), "{name}");
        }
    }
    let readings = messages.iter().flat_map(elements);
    let kinds: BTreeSet<Kind> = readings
        .filter_map(|reading| match reading {
            Ok(Reading::Event(event)) => Some(event.fact.kind()),
            Ok(Reading::Request(_) | Reading::Instruction(_)) | Err(_) => None,
        })
        .collect();
    assert_eq!(kinds, BTreeSet::from(Kind::ALL));
}

fn elements(message: &Message) -> Vec<Result<Reading, String>> {
    let subject = Subject::read(&message.subject, HERE).expect("a subject of the wallet");
    read(&subject, &message.headers, &message.body).expect("elements")
}

fn describe(message: &Message) -> String {
    let described = elements(message).into_iter().map(|reading| match reading {
        Ok(Reading::Event(event)) => envelope::write(&event),
        Ok(Reading::Request(request)) => request_text(&request),
        Ok(Reading::Instruction(instruction)) => instruction.write(),
        Err(bad) => format!("unreadable: {bad}"),
    });
    described.collect::<Vec<_>>().join("\n")
}

fn request_text(request: &Request) -> String {
    let Request {
        id,
        transfer,
        written: _,
        account,
        verb,
        trace,
        order,
    } = request;
    let order = match order {
        Ok(order) => fields(order).to_string(),
        Err(refusal) => format!("refused: {refusal}"),
    };
    format!(
        "{account} asks {}\n  transfer {transfer}\n  id {id}\n  trace {trace}\n  {order}",
        verb.token()
    )
}
