//! What is recorded in the place of a request that is no JSON, or must not be taken at its word.
//!
//! The books keep each request as it was sent, and may have to publish it again after a loss. What was refused for how it was
//! sent could then be read otherwise: bytes that were no text have become text, a header is gone. So a stand-in is recorded:
//! JSON that says what was wrong, and is refused with the same words and the same id wherever it is read.

use serde::{Deserialize, Serialize};

use super::body::Named;
use super::cut::Why;
use super::known::{Known, shown};
use super::{Context, event};
use crate::reason::sentence;

/// How much of the text is kept: enough to see what it was. The log has it all.
const MAX_TEXT: usize = 4096;

/// What is recorded.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StandIn {
    /// Why it was refused.
    refused: String,
    /// The ids that it names.
    ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verb: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    /// What it was.
    text: String,
}

impl StandIn {
    /// What stands for a text, and for what its message says of it.
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

    /// Reads one, if a text is one.
    pub(super) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Its text.
    pub(super) fn write(&self) -> String {
        serde_json::to_string(self).expect("strings and UUIDs are always JSON")
    }

    /// What is known of it.
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

/// Why a text is refused, by name of the field where that can be told.
fn refused(text: &str, why: &Why, known: &Known) -> String {
    let flaw = known.flaw.clone();
    match why {
        Why::Other(why) => why.clone(),
        Why::NotUtf8 => flaw
            .or_else(|| known.replaced.clone())
            .unwrap_or_else(|| format!("not UTF-8: {}", shown(text))),
        Why::NotJson(error) => flaw.unwrap_or_else(|| match &known.last {
            Some(field) => format!("not JSON behind field {field}: {error}"),
            None => format!("not JSON: {error}"),
        }),
    }
}
