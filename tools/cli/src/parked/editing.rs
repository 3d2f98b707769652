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
pub struct Edited {
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
    /// else one derived from its position: it is the same request, no matter who corrects it.
    pub fn edited(&self, text: &str) -> Result<Edited, String> {
        let subject = Subject::read(&self.subject, self.id.shard).map_err(|bad| bad.to_string())?;
        let text = self.with_ids(&subject, text).unwrap_or_else(|| text.to_owned());
        let requests = parking::requests(&subject, &text)?;
        Ok(Edited { text, requests })
    }

    /// The text with missing ids added; none if nothing is missing.
    fn with_ids(&self, subject: &Subject, text: &str) -> Option<String> {
        let (context, _) = Context::of(subject, None, None)?;
        let elements = request::elements(text.as_bytes(), context, None).ok()?;
        let is_single = elements.len() == 1;
        let with_ids = elements.iter().enumerate().map(|(at, element)| {
            let own = || self.message.event_id.as_ref()?.parse().ok().filter(|_| is_single);
            let id = own().unwrap_or_else(|| self.id_of(at)).to_string();
            let with_ids = with_field(&element.raw, "id", &id);
            let parent = self
                .message
                .traceparent
                .as_deref()
                .filter(|parent| TraceId::from_traceparent(parent).is_ok());
            let traced = parent.and_then(|parent| {
                with_field(with_ids.as_deref().unwrap_or(&element.raw), "traceparent", parent)
            });
            traced.or(with_ids)
        });
        let with_ids: Vec<Option<String>> = with_ids.collect();
        if with_ids.iter().all(Option::is_none) {
            return None;
        }
        let texts = with_ids
            .into_iter()
            .zip(&elements)
            .map(|(with_ids, element)| with_ids.unwrap_or_else(|| element.raw.clone().into_owned()));
        let texts: Vec<String> = texts.collect();
        Some(if is_single {
            texts.concat()
        } else {
            format!("[{}]", texts.join(","))
        })
    }

    fn id_of(&self, element: usize) -> TransferId {
        parking::id_of(self.id.shard, self.id.place(), element, self.at.as_microsecond())
    }
}

/// A plain request with one more field at the front, if it lacks that field.
fn with_field(json: &str, name: &str, value: &str) -> Option<String> {
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
    use wallet_contract::log::LogPlace;
    use wallet_contract::shard::Shard;

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
    fn a_request_without_id_gets_one_from_its_position() {
        let check = |text: &str, event_id: Option<&str>, expected: &str| {
            let edited = original("wallet.0.cmd.transfer.alice", event_id)
                .edited(text)
                .unwrap();
            assert_eq!(edited.text, expected);
        };
        let position =
            |element| parking::id_of(Shard(0), LogPlace::message(17), element, 1_769_860_800_000_000);
        let without = format!("{{{PAYS}}}");
        let with_field = |id: &str| format!(r#"{{"id":"{id}",{PAYS}}}"#);
        check(&without, None, &with_field(&position(0).to_string()));
        check(&without, Some(ID), &with_field(ID));
        check(&with_field(ID), None, &with_field(ID));
        let many = format!("[{without},{}]", with_field(ID));
        check(
            &many,
            Some(ID),
            &format!("[{},{}]", with_field(&position(0).to_string()), with_field(ID)),
        );
    }

    #[test]
    fn a_text_that_would_be_refused_is_rejected() {
        let check = |subject: &str, text: &str, expected: &str| {
            let why = original(subject, None).edited(text).unwrap_err();
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
            "wallet.0.evt.credit.0",
            &format!("{{{PAYS}}}"),
            "only services publish events",
        );
    }
}
