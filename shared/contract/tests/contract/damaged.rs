//! An invalid request is answered if it says whom to answer, and does not affect other requests.
//!
//! | module | about |
//! |---|---|
//! | `text` | bytes that are not text, and texts that are not JSON |
//! | `null` | fields that are null |
//! | `event` | requests in `CloudEvents`, and headers |
//! | `verb` | unknown verbs, and bulk messages |
//! | `again` | what the ledger records of all that |
//!
//! Each message is read as a service reads it, and again from what the ledger records of it: both results must be equal.

mod again;
mod event;
mod null;
mod text;
mod verb;

use std::collections::BTreeMap;

use wallet_contract::subject::{Subject, Verb};
use wallet_contract::testing::{ONE, THREE, TWO, name, pays};

use crate::reading::{Reading, read};

/// Reads the message, and describes it with one line per request.
fn results(subject: &Subject, headers: &[(&str, &str)], body: &[u8]) -> Vec<String> {
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
                    .map_or_else(|| "valid".to_owned(), |movement| movement.money.to_string()),
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

/// Checks how a message to alice's transfers is read.
fn check(headers: &[(&str, &str)], body: impl AsRef<[u8]>, expected: &[&str]) {
    let body = body.as_ref();
    let alices = Subject::Request(Verb::Transfer, name("alice"));
    let results = results(&alices, headers, body);
    assert_eq!(results, expected, "{}", String::from_utf8_lossy(body));
}

/// A transfer of alice's with additional fields.
fn with(more: &str) -> String {
    format!(r#"{{"id":"{ONE}",{},{more}}}"#, pays("bob", "1.00"))
}

fn plain(id: &str) -> String {
    format!(r#"{{"id":"{id}",{}}}"#, pays("bob", "1.00"))
}

fn refused(detail: &str) -> String {
    format!("alice transfer one: invalid_request: {detail}")
}

/// A `CloudEvent` with this `data`, or other attributes.
fn event(id: &str, more: &str) -> String {
    format!(r#"{{"specversion":"1.0","id":"{id}","source":"/shop","type":"t",{more}}}"#)
}
