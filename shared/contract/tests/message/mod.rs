//! Messages as they cross the wire: those of the corpus, and how a service reads them.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as its checks do")]

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use wallet_contract::event::Event;
use wallet_contract::parking::Instruction;
use wallet_contract::request::{Context, Order, Request};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Subject, Verb};
use wallet_contract::{envelope, request};

/// The shard in whose log the corpus stands.
pub(crate) const HERE: Shard = Shard(1);

/// A message of the corpus.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    pub(crate) body: Vec<u8>,
}

/// One element of a message, as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Request(Request),
    Event(Event),
    Instruction(Instruction),
}

/// All messages of the corpus, by name.
pub(crate) fn corpus() -> Vec<Message> {
    #[derive(Deserialize)]
    struct File {
        subject: String,
        headers: BTreeMap<String, String>,
        body: Box<RawValue>,
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut messages: Vec<Message> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let file: File = serde_json::from_slice(&std::fs::read(&path).unwrap()).expect(&name);
            let (subject, headers, body) = (file.subject, file.headers, file.body.get().as_bytes().to_vec());
            Message {
                name,
                subject,
                headers,
                body,
            }
        })
        .collect();
    messages.sort_by(|a, b| a.name.cmp(&b.name));
    messages
}

/// Reads a body that stands under a subject, as the services do; an element that can't be read says why.
pub(crate) fn read(
    subject: &Subject,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Result<Vec<Result<Reading, String>>, String> {
    let asked = |verb, account, json: &&str| {
        let context = Context {
            verb,
            account,
            traceparent: headers.get("traceparent").map(String::as_str),
            event_id: headers.get("ce-id").map(String::as_str),
        };
        request::read(json, context)
            .map(Reading::Request)
            .map_err(|bad| bad.to_string())
    };
    let said = |json: &&str| {
        envelope::read(json)
            .map(Reading::Event)
            .map_err(|bad| bad.to_string())
    };
    match subject {
        Subject::Events(_) => {
            let elements = envelope::split(body).map_err(|bad| bad.to_string())?;
            Ok(elements.iter().map(said).collect())
        }
        Subject::Request(verb, account) => {
            let elements = request::split(body).map_err(|bad| bad.to_string())?;
            Ok(elements
                .iter()
                .map(|json| asked(*verb, Some(account), json))
                .collect())
        }
        Subject::Bulk => {
            let elements = request::split(body).map_err(|bad| bad.to_string())?;
            Ok(elements
                .iter()
                .map(|json| asked(Verb::Transfer, None, json))
                .collect())
        }
        Subject::Parking(_) => {
            let instruction = Instruction::read(body).map_err(|bad| bad.to_string())?;
            Ok(vec![Ok(Reading::Instruction(instruction))])
        }
    }
}

/// A sound order written anew: the fields of a plain request, none of them left out.
pub(crate) fn fields(order: &Order) -> serde_json::Value {
    use serde_json::json;
    match order {
        Order::Transfer(movement) | Order::Reverse(movement) | Order::Reserve(movement, _) => {
            let mut fields = json!({
                "to": movement.payee.as_str(),
                "amount": movement.money.decimal(),
                "currency": movement.money.currency.code(),
            });
            if let Some(memo) = &movement.memo {
                fields["memo"] = json!(memo);
            }
            if let Some(id) = movement.reverses {
                fields["reverses"] = json!(id.to_string());
            }
            if let Order::Reserve(_, hold) = order {
                fields["expires_in"] = json!(hold.expires_in);
                fields["auto_confirm"] = json!(hold.auto_confirm);
            }
            fields
        }
        Order::Confirm(Some(money)) => {
            json!({ "amount": money.decimal(), "currency": money.currency.code() })
        }
        Order::Open(currency, overdraft) => {
            json!({ "currency": currency.code(), "overdraft": overdraft.format(*currency) })
        }
        Order::Confirm(None) | Order::Cancel | Order::Freeze | Order::Unfreeze | Order::Close => json!({}),
    }
}
