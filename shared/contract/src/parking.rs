//! An operator's instruction to a service about a message that it parked: `wallet.<shard>.park.<service>`.
//!
//! | action | what it does |
//! |---|---|
//! | `retry` | reads the message again, and then the messages that wait for it |
//! | `replace` | handles the requests in `body` instead; older tools published these first, at sequence `replacement` of the same log |
//! | `discard` | drops the message; `reason` says why |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::id::{AccountId, TransferId, derive};
use crate::log::LogPlace;
use crate::present::present;
use crate::reason::sentence;
use crate::request::{self, Context, Request};
use crate::shard::Shard;
use crate::subject::Subject;

/// An instruction about a parked message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The position of the parked message in the log.
    pub place: LogPlace,
    /// The action to take.
    pub action: Action,
}

/// The action to take on a parked message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read it again.
    Retry,
    /// Drop it and handle this instead.
    Replace(Replacement),
    /// Drop it, for this reason.
    Discard(String),
}

/// The replacement of an unreadable request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// The requests in this text, with the authority of the parked message's subject. The text is in the instruction itself, so if there
    /// are several instructions, only the first in the log takes effect.
    Text(String),
    /// The message with this sequence. Older tools published it before the instruction.
    Message(u64),
}

/// Why a message is not an instruction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInstruction {
    /// Wrong form.
    #[error("not an instruction such as {{\"sequence\":17,\"index\":0,\"action\":\"retry\"}}: {0}")]
    Form(String),
    /// A field is null.
    #[error("field {0:?} is null: give it a value, or leave it out")]
    Null(String),
    /// A field that the action does not use.
    #[error("action {action:?} does not use {field:?}: leave it out")]
    Unused {
        /// The action.
        action: &'static str,
        /// The field.
        field: &'static str,
    },
    /// The action requires a field that is missing.
    #[error("action {action:?} needs {field:?}")]
    Missing {
        /// The action.
        action: &'static str,
        /// The field.
        field: &'static str,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Retry,
    Replace,
    Discard,
}

impl Word {
    fn token(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Replace => "replace",
            Self::Discard => "discard",
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    sequence: u64,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    index: Option<u32>,
    action: Word,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    replacement: Option<u64>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    body: Option<String>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    reason: Option<String>,
}

/// The id of a request that replaces a parked message and has no id of its own: the `element`th request of the operator's text. It is
/// derived from the position of the parked message, which was stored in the log at `at_us`, so it is the same whoever replaces it.
pub fn id_of(shard: Shard, parked: LogPlace, element: usize, at_us: i64) -> TransferId {
    // A version 7 UUID begins with its time.
    let milliseconds = u64::try_from(at_us / 1000).unwrap_or_default();
    let time = Uuid::from_u64_pair(milliseconds << 16, 0);
    let place = format!("{shard}/{}/{:?}/{element}", parked.sequence, parked.element);
    TransferId(derive(&AccountId::world(), time, &[b"replacement", place.as_bytes()]).0)
}

/// The requests in a text that is to replace a message parked on `subject`, or why it can't. The text must be valid, because
/// afterwards the message can't be replaced again.
pub fn requests(subject: &Subject, text: &str) -> Result<Vec<Request>, String> {
    let Some((context, against)) = Context::of(subject, None, None) else {
        return Err("it is not a request, and only services publish events".to_owned());
    };
    if let Some(against) = against {
        return Err(against.to_owned());
    }
    let elements = request::elements(text.as_bytes(), context, None).map_err(|bad| bad.to_string())?;
    let requests = elements.into_iter().map(|element| {
        let request = element.request.map_err(|bad| bad.to_string())?;
        match &request.order {
            Ok(_) => Ok(request),
            Err(refusal) => Err(refusal.to_string()),
        }
    });
    let requests: Vec<Request> = requests.collect::<Result<_, String>>()?;
    if requests.is_empty() {
        return Err("it contains no request".to_owned());
    }
    Ok(requests)
}

impl Instruction {
    /// Reads an instruction.
    pub fn read(payload: &[u8]) -> Result<Self, BadInstruction> {
        let wire: Wire = serde_json::from_slice(payload).map_err(|bad| no_form(payload, &bad))?;
        let missing = |action, field| BadInstruction::Missing { action, field };
        let unused = |action, field| BadInstruction::Unused { action, field };
        let given = [
            ("replacement", wire.replacement.is_some(), Word::Replace),
            ("body", wire.body.is_some(), Word::Replace),
            ("reason", wire.reason.is_some(), Word::Discard),
        ];
        if let Some((field, ..)) = given.iter().find(|(_, is, of)| *is && *of != wire.action) {
            return Err(unused(wire.action.token(), field));
        }
        let reason = wire.reason.filter(|reason| !reason.trim().is_empty());
        let action = match wire.action {
            Word::Retry => Action::Retry,
            Word::Replace => Action::Replace(match (wire.body, wire.replacement) {
                (Some(text), None) => Replacement::Text(text),
                (None, Some(by)) => Replacement::Message(by),
                (Some(_), Some(_)) => return Err(unused("replace", "replacement")),
                (None, None) => return Err(missing("replace", "body")),
            }),
            Word::Discard => Action::Discard(sentence(&reason.ok_or_else(|| missing("discard", "reason"))?)),
        };
        Ok(Self {
            place: LogPlace {
                sequence: wire.sequence,
                element: wire.index,
            },
            action,
        })
    }

    /// Serialises the instruction as JSON.
    pub fn write(&self) -> String {
        let mut wire = Wire {
            sequence: self.place.sequence,
            index: self.place.element,
            action: Word::Retry,
            replacement: None,
            body: None,
            reason: None,
        };
        match &self.action {
            Action::Retry => {}
            Action::Replace(by) => {
                wire.action = Word::Replace;
                match by {
                    Replacement::Text(text) => wire.body = Some(text.clone()),
                    Replacement::Message(sequence) => wire.replacement = Some(*sequence),
                }
            }
            Action::Discard(reason) => (wire.action, wire.reason) = (Word::Discard, Some(reason.clone())),
        }
        // Numbers and texts can always be serialised.
        serde_json::to_string(&wire).unwrap_or_default()
    }
}

/// The error for a message that does not have the form of an instruction.
fn no_form(payload: &[u8], bad: &serde_json::Error) -> BadInstruction {
    let fields: BTreeMap<String, Value> = serde_json::from_slice(payload).unwrap_or_default();
    let null = fields.into_iter().find(|(_, value)| value.is_null());
    null.map_or_else(
        || BadInstruction::Form(bad.to_string()),
        |(field, _)| BadInstruction::Null(field),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_round_trips() {
        for action in [
            Action::Retry,
            Action::Replace(Replacement::Message(19)),
            Action::Replace(Replacement::Text(r#"{"id":"…"}"#.to_owned())),
            Action::Discard("said twice".to_owned()),
        ] {
            for place in [LogPlace::message(17), LogPlace::element(17, 2)] {
                let instruction = Instruction {
                    place,
                    action: action.clone(),
                };
                assert_eq!(Instruction::read(instruction.write().as_bytes()), Ok(instruction));
            }
        }
    }

    #[test]
    fn each_place_has_an_id_of_its_own() {
        let id = |shard, place, element| id_of(Shard(shard), place, element, 1_796_048_320_189_310);
        let place = LogPlace::element(17, 1);
        let one = id(0, place, 0);
        assert_eq!(one.to_string(), "01a22cd2-76bd-8000-9e7c-9986fc016735");
        for other in [
            id(1, place, 0),
            id(0, LogPlace::element(18, 1), 0),
            id(0, LogPlace::message(17), 0),
            id(0, place, 1),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn an_invalid_instruction_says_why() {
        let check = |json: &str, expected: &str| {
            let error = Instruction::read(json.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        };
        check("nonsense", "not an instruction such as {\"sequence\":17");
        check(r#"{"sequence":17}"#, "missing field `action`");
        check(r#"{"sequence":-1,"action":"retry"}"#, "invalid value");
        check(r#"{"sequence":17,"action":"forget"}"#, "unknown variant `forget`");
        check(r#"{"sequence":17,"action":"retry","x":1}"#, "unknown field `x`");
        check(
            r#"{"sequence":17,"action":"discard","reason":" "}"#,
            "\"discard\" needs \"reason\"",
        );
        check(
            r#"{"sequence":17,"action":"replace"}"#,
            "\"replace\" needs \"body\"",
        );
        check(
            r#"{"sequence":17,"action":"replace","replacement":19,"body":"{}"}"#,
            "\"replace\" does not use \"replacement\"",
        );
        check(
            r#"{"sequence":17,"action":"retry","body":"{}"}"#,
            "\"retry\" does not use \"body\"",
        );
        check(
            r#"{"sequence":17,"action":"retry","replacement":19}"#,
            "\"retry\" does not use \"replacement\"",
        );
        check(
            r#"{"sequence":17,"action":"retry","reason":"why not"}"#,
            "\"retry\" does not use \"reason\"",
        );
        check(
            r#"{"sequence":17,"action":"replace","replacement":19,"reason":"mended"}"#,
            "\"replace\" does not use \"reason\"",
        );
        check(
            r#"{"sequence":17,"action":"discard","replacement":19,"reason":"twice"}"#,
            "\"discard\" does not use \"replacement\"",
        );
    }
}
