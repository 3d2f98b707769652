//! Times in JSON, always with all six digits of the microseconds. A time denotes the whole unit down to which it is written
//! ([`crate::moment`]), so dropping trailing zeros would widen it.

use jiff::Timestamp;
use serde::Serializer;

use crate::text;

/// A time: `#[serde(serialize_with = "exact::time")]`.
pub fn time<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text::exact(*at))
}

/// An optional time.
pub fn time_or_null<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => time(at, serializer),
        None => serializer.serialize_none(),
    }
}
