//! W3C Trace Context: all requests and events of a flow share one trace id.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::id::EventId;

/// A W3C trace id: 16 bytes, not all zero, 32 lower-case hex digits on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(Uuid);

/// Why a text is not a trace id or `traceparent`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a W3C trace context, such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")]
pub struct BadTrace(pub String);

impl TraceId {
    /// The trace of a `request` whose client sent none.
    pub fn started_by(request: EventId) -> Self {
        Self(request.0)
    }

    /// The trace id, as stored.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }

    /// The trace id from its stored form.
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Parses the trace id of a `traceparent`, e.g. `00-4bf9…4736-00f0…02b7-01`.
    pub fn from_traceparent(text: &str) -> Result<Self, BadTrace> {
        let bad = || BadTrace(text.to_owned());
        let hex = |part: &str| part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut parts = text.splitn(4, '-');
        let mut part = |length: usize| {
            parts
                .next()
                .filter(|p| hex(p.get(..length).unwrap_or("!")) && p.len() >= length)
                .ok_or_else(bad)
        };
        let (version, trace, span, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        // A later version may append fields after the flags; version 00 may not.
        let lengths_fit = version.len() == 2 && trace.len() == 32 && span.len() == 16;
        if !lengths_fit
            || version == "ff"
            || (version == "00" && flags.len() != 2)
            || span == "0000000000000000"
        {
            return Err(bad());
        }
        trace.parse().map_err(|_| bad())
    }

    /// The `traceparent` of `event` in this trace. The span id is the hash half of the event's id, which is never zero.
    pub fn traceparent(self, event: EventId) -> String {
        format!("00-{self}-{:016x}-01", u64::from_be_bytes(span_id(event)))
    }
}

/// The W3C span id of a request or event: the hash half of its id, never zero. So spans can be rebuilt from the log.
pub fn span_id(event: EventId) -> [u8; 8] {
    let [_, _, _, _, _, _, _, _, span @ ..] = event.0.into_bytes();
    span
}

impl FromStr for TraceId {
    type Err = BadTrace;

    fn from_str(text: &str) -> Result<Self, BadTrace> {
        let bad = || BadTrace(text.to_owned());
        if text.len() != 32 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(bad());
        }
        let uuid = Uuid::try_parse(text).map_err(|_| bad())?;
        if uuid.is_nil() { Err(bad()) } else { Ok(Self(uuid)) }
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_parsed_as_the_standard_requires() {
        let check =
            |text: &str, ok: bool| assert_eq!(TraceId::from_traceparent(text).is_ok(), ok, "{text:?}");
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        check(&format!("00-{trace}-{span}-01"), true);
        check(&format!("00-{trace}-{span}-00"), true);
        check(&format!("cc-{trace}-{span}-01-more"), true);
        check(&format!("00-{trace}-{span}-01-more"), false);
        check(&format!("ff-{trace}-{span}-01"), false);
        check(&format!("00-{}-{span}-01", trace.to_uppercase()), false);
        check(&format!("00-{}-{span}-01", "0".repeat(32)), false);
        check(&format!("00-{trace}-{}-01", "0".repeat(16)), false);
        check(&format!("00-{trace}-{span}"), false);
        check("", false);
        check("00-é", false);
    }

    #[test]
    fn an_events_traceparent_round_trips() {
        let event = EventId(Uuid::from_u128(0x0190_0000_0000_8000_8000_0000_0000_0001));
        let trace = TraceId::started_by(event);
        assert_eq!(
            trace.traceparent(event),
            "00-01900000000080008000000000000001-8000000000000001-01"
        );
        assert_eq!(TraceId::from_traceparent(&trace.traceparent(event)), Ok(trace));
    }
}
