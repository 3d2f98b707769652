//! The messages of the corpus.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::value::RawValue;
use wallet_contract::request::Order;
use wallet_contract::shard::Shard;

/// The shard whose log contains the corpus.
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

/// All messages of the corpus, by name.
pub(crate) fn corpus() -> Vec<Message> {
    #[derive(Deserialize)]
    struct File {
        subject: String,
        headers: BTreeMap<String, String>,
        /// The body as JSON, if it is JSON; otherwise it is in `text`.
        body: Option<Box<RawValue>>,
        text: Option<String>,
    }
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut messages: Vec<Message> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let file: File = serde_json::from_slice(&std::fs::read(&path).unwrap()).expect(&name);
            let (subject, headers) = (file.subject, file.headers);
            let body = file.body.map(|body| body.get().to_owned()).or(file.text);
            let body = body.expect(&name).into_bytes();
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

/// A valid order, written again: all fields of a plain request.
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
