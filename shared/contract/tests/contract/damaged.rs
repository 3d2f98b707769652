//! What is no sound request is answered if it tells whom, and takes nobody else with it.
//!
//! | module | about |
//! |---|---|
//! | `text` | bytes that are no text, and texts that are no JSON |
//! | `null` | fields that are there and say nothing |
//! | `event` | requests in `CloudEvents`, and headers |
//! | `verb` | verbs that nobody knows, and bulk |
//! | `again` | what the books record of all that |
//!
//! Each message is read as a service does, and read once more from what the books record of it: both must say the same.

mod again;
mod event;
mod null;
mod text;
mod verb;

use std::collections::BTreeMap;

use wallet_contract::subject::{Subject, Verb};
use wallet_contract::testing::{ONE, THREE, TWO, name, pays};

use crate::reading::{Reading, read};

/// Reads what stands there, and tells it, a line for each request.
fn told(subject: &Subject, headers: &[(&str, &str)], body: &[u8]) -> Vec<String> {
    let headers: BTreeMap<String, String> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let read = match read(subject, &headers, body) {
        Ok(read) => read,
        Err(bad) => return vec![format!("nobody: {bad}")],
    };
    let lines = read.into_iter().map(|reading| match reading {
        Ok(Reading::Request(request)) => {
            let id = request.transfer.to_string();
            let id = [(ONE, "one"), (TWO, "two"), (THREE, "three")]
                .into_iter()
                .find_map(|(known, word)| (known == id).then_some(word));
            let what = match &request.order {
                Ok(order) => order
                    .movement()
                    .map_or_else(|| "sound".to_owned(), |movement| movement.money.to_string()),
                Err(refusal) => refusal.to_string(),
            };
            format!(
                "{} {} {}: {what}",
                request.account,
                request.verb.token(),
                id.unwrap_or("another")
            )
        }
        Ok(other) => panic!("{other:?}"),
        Err(bad) => format!("nobody: {bad}"),
    });
    lines.collect()
}

/// Expects what is read of a message to alice's transfers.
fn check(headers: &[(&str, &str)], body: impl AsRef<[u8]>, expected: &[&str]) {
    let body = body.as_ref();
    let alices = Subject::Request(Verb::Transfer, name("alice"));
    let told = told(&alices, headers, body);
    assert_eq!(told, expected, "{}", String::from_utf8_lossy(body));
}

/// A transfer of alice's with one more field.
fn with(more: &str) -> String {
    format!(r#"{{"id":"{ONE}",{},{more}}}"#, pays("bob", "1.00"))
}

fn plain(id: &str) -> String {
    format!(r#"{{"id":"{id}",{}}}"#, pays("bob", "1.00"))
}

fn refused(detail: &str) -> String {
    format!("alice transfer one: invalid_request: {detail}")
}

/// A `CloudEvent` with this `data`, or whatever else.
fn event(id: &str, more: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"{id}","source":"/shop","type":"t",{more}}}"#)
}
