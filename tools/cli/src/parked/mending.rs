//! The corrected text of an unreadable request.

use serde_json::{Map, Value};
use wallet_contract::id::TransferId;
use wallet_contract::parking;
use wallet_contract::request::{self, Context, Request};
use wallet_contract::subject::Subject;
use wallet_contract::trace::TraceId;

use super::Original;

/// A text that is valid in the original's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The text. Each request in it has an id.
    pub text: String,
    /// The requests in it.
    pub requests: Vec<Request>,
}

impl Original {
    /// Whether a client may have sent it.
    pub fn is_request(&self) -> bool {
        matches!(self.subject.split('.').nth(2), Some("cmd" | "adm" | "bulk"))
    }

    /// Validates a text that is to replace the original. A request without an id gets the message's, if it has one for it, or
    /// else one derived from its position: whoever corrects it, it is the same request.
    pub fn mended(&self, text: &str) -> Result<Mended, String> {
        let subject = Subject::read(&self.subject, self.id.shard).map_err(|bad| bad.to_string())?;
        let text = self.named(&subject, text).unwrap_or_else(|| text.to_owned());
        let requests = parking::requests(&subject, &text)?;
        Ok(Mended { text, requests })
    }

    /// The text with missing ids added; none if nothing is missing.
    fn named(&self, subject: &Subject, text: &str) -> Option<String> {
        let (context, _) = Context::of(subject, None, None)?;
        let elements = request::elements(text.as_bytes(), context, None).ok()?;
        let alone = elements.len() == 1;
        let named = elements.iter().enumerate().map(|(at, element)| {
            let own = || self.message.event_id.as_ref()?.parse().ok().filter(|_| alone);
            let id = own().unwrap_or_else(|| self.id_of(at)).to_string();
            let named = with(&element.raw, "id", &id);
            let parent = self
                .message
                .traceparent
                .as_deref()
                .filter(|parent| TraceId::from_traceparent(parent).is_ok());
            let traced = parent
                .and_then(|parent| with(named.as_deref().unwrap_or(&element.raw), "traceparent", parent));
            traced.or(named)
        });
        let named: Vec<Option<String>> = named.collect();
        if named.iter().all(Option::is_none) {
            return None;
        }
        let texts = named
            .into_iter()
            .zip(&elements)
            .map(|(named, element)| named.unwrap_or_else(|| element.raw.clone().into_owned()));
        let texts: Vec<String> = texts.collect();
        Some(if alone {
            texts.concat()
        } else {
            format!("[{}]", texts.join(","))
        })
    }

    fn id_of(&self, element: usize) -> TransferId {
        let (shard, sequence, index) = (self.id.shard, self.id.sequence, self.id.index);
        parking::id_of(shard, sequence, index, element, self.at.as_microsecond())
    }
}

/// A plain request with one more field at the front, if it lacks that field.
fn with(json: &str, name: &str, value: &str) -> Option<String> {
    let fields: Map<String, Value> = serde_json::from_str(json).ok()?;
    if fields.contains_key(name) || fields.contains_key("specversion") {
        return None;
    }
    let rest = json.trim_start().strip_prefix('{')?;
    let comma = if fields.is_empty() { "" } else { "," };
    Some(format!("{{{name:?}:{value:?}{comma}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wallet_audit::entry::Message;

    fn original(subject: &str, event_id: Option<&str>) -> Original {
        Original {
            id: "debit/0/17".parse().unwrap(),
            subject: subject.to_owned(),
            text: String::new(),
            at: "2026-01-31T12:00:00Z".parse().unwrap(),
            message: Message {
                event_id: event_id.map(str::to_owned),
                ..Message::default()
            },
        }
    }

    const PAYS: &str = r#""to":"bob","amount":"1.00","currency":"USD""#;
    const ID: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";

    #[test]
    fn what_has_no_id_gets_that_of_its_place() {
        let check = |text: &str, event_id: Option<&str>, expected: &str| {
            let mended = original("wallet.0.cmd.transfer.alice", event_id)
                .mended(text)
                .unwrap();
            assert_eq!(mended.text, expected);
        };
        let place = |element| {
            parking::id_of(
                "0".parse().map(wallet_contract::shard::Shard).unwrap(),
                17,
                None,
                element,
                1_769_860_800_000_000,
            )
        };
        let without = format!("{{{PAYS}}}");
        let with = |id: &str| format!(r#"{{"id":"{id}",{PAYS}}}"#);
        check(&without, None, &with(&place(0).to_string()));
        check(&without, Some(ID), &with(ID));
        check(&with(ID), None, &with(ID));
        let many = format!("[{without},{}]", with(ID));
        check(
            &many,
            Some(ID),
            &format!("[{},{}]", with(&place(0).to_string()), with(ID)),
        );
    }

    #[test]
    fn what_would_be_refused_stands_for_nothing() {
        let check = |subject: &str, text: &str, expected: &str| {
            let why = original(subject, None).mended(text).unwrap_err();
            assert!(why.contains(expected), "{text}: {why}");
        };
        let alice = "wallet.0.cmd.transfer.alice";
        check(alice, "{", "not a request");
        check(
            alice,
            r#"{"to":"bob","amount":"1","currency":"USD"}"#,
            "invalid_amount",
        );
        check(alice, "[]", "it contains no request");
        check("wallet.0.bulk", &format!("{{{PAYS}}}"), "needs \"from\"");
        check(
            "wallet.0.evt.credit",
            &format!("{{{PAYS}}}"),
            "only services publish events",
        );
    }
}
