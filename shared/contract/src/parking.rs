//! What an operator has a service do about a message that it set aside: `wallet.<shard>.park.<service>`.
//!
//! | action | what it does |
//! |---|---|
//! | `retry` | reads it again, and then what has waited behind it |
//! | `replace` | it was said anew, mended, at `replacement` of the same log: lets it go |
//! | `discard` | lets it go; `reason` says why |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::present::present;
use crate::reason::sentence;

/// What is to be done about what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The sequence of the message that was set aside.
    pub sequence: u64,
    /// Which element of it; the whole message if there is none.
    pub index: Option<u32>,
    /// What to do.
    pub action: Action,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read it again.
    Retry,
    /// Let it go: the message with this sequence stands for it.
    Replace(u64),
    /// Let it go, for this reason.
    Discard(String),
}

/// Why something is no instruction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadInstruction {
    /// Not of the form.
    #[error("no instruction such as {{\"sequence\":17,\"index\":0,\"action\":\"retry\"}}: {0}")]
    Form(String),
    /// A field that is there and says nothing.
    #[error("field {0:?} is null: give it a value, or leave it out")]
    Null(String),
    /// An action with what it has no use for.
    #[error("action {action:?} has no use for {field:?}: leave it out")]
    Unused {
        /// The action.
        action: &'static str,
        /// The field.
        field: &'static str,
    },
    /// An action without what it needs.
    #[error("action {action:?} needs {field:?}")]
    Missing {
        /// The action.
        action: &'static str,
        /// The field.
        field: &'static str,
    },
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Retry,
    Replace,
    Discard,
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
    reason: Option<String>,
}

impl Instruction {
    /// Reads one.
    pub fn read(payload: &[u8]) -> Result<Self, BadInstruction> {
        let wire: Wire = serde_json::from_slice(payload).map_err(|bad| no_form(payload, &bad))?;
        let missing = |action, field| BadInstruction::Missing { action, field };
        let unused = |action, field| BadInstruction::Unused { action, field };
        match (wire.action, wire.replacement, &wire.reason) {
            (Word::Retry, Some(_), _) => return Err(unused("retry", "replacement")),
            (Word::Retry, _, Some(_)) => return Err(unused("retry", "reason")),
            (Word::Replace, _, Some(_)) => return Err(unused("replace", "reason")),
            (Word::Discard, Some(_), _) => return Err(unused("discard", "replacement")),
            (Word::Retry | Word::Replace | Word::Discard, ..) => {}
        }
        let reason = wire.reason.filter(|reason| !reason.trim().is_empty());
        let action = match wire.action {
            Word::Retry => Action::Retry,
            Word::Replace => Action::Replace(
                wire.replacement
                    .ok_or_else(|| missing("replace", "replacement"))?,
            ),
            Word::Discard => Action::Discard(sentence(&reason.ok_or_else(|| missing("discard", "reason"))?)),
        };
        Ok(Self {
            sequence: wire.sequence,
            index: wire.index,
            action,
        })
    }

    /// Writes it as JSON.
    pub fn write(&self) -> String {
        let (action, replacement, reason) = match &self.action {
            Action::Retry => (Word::Retry, None, None),
            Action::Replace(by) => (Word::Replace, Some(*by), None),
            Action::Discard(reason) => (Word::Discard, None, Some(reason.clone())),
        };
        let wire = Wire {
            sequence: self.sequence,
            index: self.index,
            action,
            replacement,
            reason,
        };
        // Numbers and text always have a JSON form.
        serde_json::to_string(&wire).unwrap_or_default()
    }
}

/// Why something has not the form of an instruction.
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
    fn an_instruction_is_read_as_it_was_written() {
        for action in [
            Action::Retry,
            Action::Replace(19),
            Action::Discard("said twice".to_owned()),
        ] {
            for index in [None, Some(2)] {
                let instruction = Instruction {
                    sequence: 17,
                    index,
                    action: action.clone(),
                };
                assert_eq!(Instruction::read(instruction.write().as_bytes()), Ok(instruction));
            }
        }
    }

    #[test]
    fn what_is_none_says_why() {
        let check = |json: &str, expected: &str| {
            let told = Instruction::read(json.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(expected), "{json}: {told}");
        };
        check("nonsense", "no instruction such as {\"sequence\":17");
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
            "\"replace\" needs \"replacement\"",
        );
        check(
            r#"{"sequence":17,"action":"retry","replacement":19}"#,
            "\"retry\" has no use for \"replacement\"",
        );
        check(
            r#"{"sequence":17,"action":"retry","reason":"why not"}"#,
            "\"retry\" has no use for \"reason\"",
        );
        check(
            r#"{"sequence":17,"action":"replace","replacement":19,"reason":"mended"}"#,
            "\"replace\" has no use for \"reason\"",
        );
        check(
            r#"{"sequence":17,"action":"discard","replacement":19,"reason":"twice"}"#,
            "\"discard\" has no use for \"replacement\"",
        );
    }
}
