//! Times in JSON, with all six digits of their microseconds: a time names the unit down to which it is written
//! ([`crate::moment`]), so one that lost its zeros would name more than it was told for.

use jiff::Timestamp;
use serde::Serializer;

use crate::text;

/// A time: `#[serde(serialize_with = "exact::time")]`.
pub fn time<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text::exact(*at))
}

/// A time that may be absent.
pub fn time_or_null<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => time(at, serializer),
        None => serializer.serialize_none(),
    }
}
