//! What can be found out about a text that is not a valid request: who to answer, and with what.

use std::borrow::Cow;

use serde_json::Value;

use super::body::Named;
use super::event;
use super::fields::TEXTS;
use super::scan::{self, Field};

/// The maximum number of ids considered in one text.
const MAX_IDS: usize = 64;

/// What could be found out about a text that is not a valid request.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The ids in it, each once; the first is the request's own.
    pub(super) ids: Vec<Named>,
    /// The value in place of an id, if it is not an id.
    pub(super) no_id: Option<String>,
    /// The payer.
    pub(super) from: Option<String>,
    /// The verb.
    pub(super) verb: Option<String>,
    /// The trace.
    pub(super) traceparent: Option<String>,
    /// What is wrong with the first invalid field.
    pub(super) flaw: Option<String>,
    /// The place of a replacement character, if there is one.
    pub(super) replaced: Option<String>,
    /// The last field, with its value.
    pub(super) last: Option<String>,
}

impl Known {
    /// Examines a text, which may be a plain request or a `CloudEvent`.
    pub(super) fn of(text: &str) -> Self {
        let fields: Vec<Field<'_>> = scan::fields(text).collect();
        let value = |name: &str| fields.iter().find(|field| field.name == name);
        if value("specversion").is_none() {
            return Self::of_fields(&fields);
        }
        let data = value("data").map(|data| data.text.as_deref().unwrap_or(data.raw));
        let decoded = value("data_base64").and_then(|data| event::decoded(data.text.as_deref()?).ok());
        let data = data.or(decoded.as_deref()).map(scan::fields);
        let mut known = Self::of_fields(&data.into_iter().flatten().collect::<Vec<_>>());
        let attribute = |name| value(name).and_then(|field: &Field<'_>| field.text.clone());
        if let Some(id) = attribute("id") {
            known.take_id(&id);
        }
        known.traceparent = known
            .traceparent
            .or(attribute("traceparent").map(Cow::into_owned));
        known
    }

    fn of_fields(fields: &[Field<'_>]) -> Self {
        let mut known = Self::default();
        for (place, field) in fields.iter().enumerate() {
            if let Some(text) = &field.text {
                match &*field.name {
                    "id" => known.take_id(text),
                    "from" => known.from = known.from.or_else(|| Some(text.trim().to_owned())),
                    "verb" => known.verb = known.verb.or_else(|| Some(text.to_string())),
                    "traceparent" => {
                        known.traceparent = known.traceparent.or_else(|| Some(text.to_string()));
                    }
                    _ => {}
                }
            }
            if known.flaw.is_none() {
                let twice = fields[..place].iter().find(|earlier| earlier.name == field.name);
                known.flaw = twice.map_or_else(|| flaw(field), |earlier| Some(occurs_twice(earlier, field)));
            }
        }
        let replaced = fields.iter().find(|field| field.raw.contains('\u{fffd}'));
        known.replaced =
            replaced.map(|field| format!("field {:?} is {}: it is not UTF-8", field.name, shown(field.raw)));
        known.last = fields
            .last()
            .map(|field| format!("{:?}: {}", field.name, shown(field.raw)));
        known
    }

    fn take_id(&mut self, text: &str) {
        match Named::read(text.trim()) {
            Some(named) => self.name(named),
            None => self.no_id = Some(text.to_owned()),
        }
    }

    /// Adds an id, unless it is already known.
    pub(super) fn name(&mut self, named: Named) {
        if self.ids.len() < MAX_IDS && self.ids.iter().all(|known| known.id != named.id) {
            self.ids.push(named);
        }
    }
}

fn occurs_twice(earlier: &Field<'_>, field: &Field<'_>) -> String {
    let (name, first, then) = (&field.name, shown(earlier.raw), shown(field.raw));
    format!("field {name:?} occurs twice, as {first} and as {then}: use it once")
}

/// What is wrong with a field's name, type or text.
fn flaw(field: &Field<'_>) -> Option<String> {
    let (name, raw) = (&*field.name, field.raw);
    let wrong = |use_this: &str| {
        let or_not = if raw == "null" { ", or leave it out" } else { "" };
        Some(format!(
            "field {name:?} is {}: use {use_this}{or_not}",
            shown(raw)
        ))
    };
    match name {
        "expires_in" if raw.parse::<u64>().is_err() => wrong("a whole number of seconds, such as 900"),
        "auto_confirm" if !matches!(raw, "true" | "false") => wrong("true or false"),
        "expires_in" | "auto_confirm" => None,
        "amount" | "overdraft" if field.text.is_none() => wrong("a string, such as \"12.50\""),
        name if TEXTS.contains(&name) => match &field.text {
            None => wrong("a string"),
            Some(id) if name == "id" && Named::read(id).is_none() => wrong("a UUID made by the client"),
            Some(_) => damage(raw).map(|damage| format!("field {name:?} is {}: {damage}", shown(raw))),
        },
        _ => {
            let known = TEXTS.join(", ");
            Some(format!(
                "unknown field {name:?}: a request has {known}, expires_in, auto_confirm"
            ))
        }
    }
}

/// What can't be decoded in a `CloudEvent` whose structure is valid JSON: half of a surrogate pair, a number that is too large. A
/// reader that skips an attribute does not notice; a reader that decodes them all would refuse the event. `data` is checked separately.
pub(super) fn undecodable(event: &str) -> Option<String> {
    let error = serde_json::from_str::<Value>(event).err()?;
    for field in scan::fields(event) {
        let Some(damage) = damage(field.raw) else { continue };
        let (name, raw) = (&field.name, shown(field.raw));
        return (name != "data").then(|| format!("field {name:?} is {raw}: {damage}"));
    }
    Some(reason(&error))
}

/// Why a value is not valid JSON.
fn damage(raw: &str) -> Option<String> {
    serde_json::from_str::<Value>(raw).err().as_ref().map(reason)
}

/// Serde's error in terms of the message, and without a position: the sentence around it names the field.
fn reason(error: &serde_json::Error) -> String {
    let error = error.to_string();
    let why = error.split(" at line ").next().unwrap_or(&error);
    if why.contains("surrogate") || why.contains("end of hex escape") {
        "half of a surrogate pair is not a character".to_owned()
    } else if why.contains("control character") {
        "a control character must be written as an escape, such as \\n or \\t".to_owned()
    } else {
        why.to_owned()
    }
}

/// A value in a form that fits into a sentence: on one line.
pub(super) fn shown(raw: &str) -> Cow<'_, str> {
    if !raw.contains(char::is_control) {
        return Cow::Borrowed(raw);
    }
    let escaped = raw.chars().map(|c| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    });
    Cow::Owned(escaped.collect())
}
