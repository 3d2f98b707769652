//! The record of a request that is not JSON, or that must not be recorded verbatim.
//!
//! The ledger records each request as it was sent, and may have to publish it again after a loss. A request that was refused for the
//! way it was sent could then be read differently: invalid bytes have become text, a header is gone. So a stand-in is recorded
//! instead: JSON that states what was wrong, and is refused with the same words and the same id wherever it is read.
//!
//! The id is derived from that JSON, so the words are part of the wire format: with another reason the same message has another id.

use serde::{Deserialize, Serialize};

use super::body::Named;
use super::cut::Why;
use super::known::{Known, shown};
use super::{Context, event};
use crate::reason::sentence;

/// How much of the text is kept: enough to recognise it. The log has all of it.
const MAX_TEXT: usize = 4096;

/// The recorded stand-in.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StandIn {
    /// Why it was refused.
    refused: String,
    /// The ids in it.
    ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verb: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    /// The original text.
    text: String,
}

impl StandIn {
    /// The stand-in for a text and the context of its message.
    pub(super) fn of(text: &str, why: &Why, context: Context<'_>) -> Self {
        let mut known = Known::of(text);
        let refused = sentence(&refused(text, why, &known));
        if let Some(named) = context.event_id.and_then(|id| Named::read(&event::header(id))) {
            known.name(named);
        }
        Self {
            refused,
            ids: known.ids.into_iter().map(written).collect(),
            from: known.from.filter(|_| context.account.is_none()),
            verb: known.verb,
            traceparent: known.traceparent,
            text: text[..text.floor_char_boundary(MAX_TEXT)].to_owned(),
        }
    }

    /// Reads a stand-in, if the text is one.
    pub(super) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The stand-in as JSON.
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("strings and UUIDs are always JSON")
    }

    /// What is known about the request.
    pub(super) fn known(self) -> Known {
        Known {
            ids: self.ids.iter().filter_map(|id| Named::read(id)).collect(),
            from: self.from,
            verb: self.verb,
            traceparent: self.traceparent,
            flaw: Some(self.refused),
            ..Known::default()
        }
    }
}

fn written(named: Named) -> String {
    named.written.unwrap_or_else(|| named.id.to_string())
}

/// Why a text is refused, naming the field where possible.
fn refused(text: &str, why: &Why, known: &Known) -> String {
    let flaw = known.flaw.clone();
    match why {
        Why::Other(why) => why.clone(),
        Why::NotUtf8 => flaw
            .or_else(|| known.replaced.clone())
            .unwrap_or_else(|| format!("not UTF-8: {}", shown(text))),
        Why::NotJson(error) => flaw.unwrap_or_else(|| match &known.last {
            Some(field) => format!("not JSON after field {field}: {error}"),
            None => format!("not JSON: {error}"),
        }),
    }
}
