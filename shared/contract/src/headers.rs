//! The headers of a message that apply to the requests in it.
//!
//! NATS preserves header names as sent, and clients write them in many ways: `ce-id`, `Ce-Id`, `CE-ID`. So names are
//! compared case-insensitively. Which of several spellings counts does not depend on the order in which a library
//! returns them, because every service must read the same.

use crate::trace::TraceId;

/// The header with the id of a `CloudEvent` in binary mode.
pub const EVENT_ID: &str = "ce-id";
/// The W3C header with the trace.
pub const TRACEPARENT: &str = "traceparent";
/// The trace as an attribute of a `CloudEvent` in binary mode; used where there is no readable W3C header.
const EVENT_TRACEPARENT: &str = "ce-traceparent";

/// The headers of a message that apply to the requests in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// The trace, as a valid `traceparent`.
    pub traceparent: Option<String>,
    /// The id of the event, as sent. Several different ids are concatenated, and so are not a valid id.
    pub event_id: Option<String>,
}

impl Headers {
    /// Reads names and values, in any order.
    pub fn read<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Self {
        let mut found: Vec<(&str, &str)> = Vec::new();
        for (name, value) in headers {
            let known = [EVENT_ID, TRACEPARENT, EVENT_TRACEPARENT];
            if let Some(known) = known.into_iter().find(|known| name.eq_ignore_ascii_case(known)) {
                found.push((known, value.trim()));
            }
        }
        found.sort_unstable();
        found.dedup();
        let values = |name| {
            found
                .iter()
                .filter(move |(known, _)| *known == name)
                .map(|(_, value)| *value)
        };
        let mut traces = values(TRACEPARENT).chain(values(EVENT_TRACEPARENT));
        let traceparent = traces.find(|trace| TraceId::from_traceparent(trace).is_ok());
        let ids: Vec<&str> = values(EVENT_ID).collect();
        Self {
            traceparent: traceparent.map(str::to_owned),
            event_id: (!ids.is_empty()).then(|| ids.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const OTHER: &str = "00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-01";

    #[test]
    fn header_names_are_case_insensitive() {
        let check = |headers: &[(&str, &str)], traceparent: Option<&str>, event_id: Option<&str>| {
            let mut headers = headers.to_vec();
            for _ in 0..2 {
                let read = Headers::read(headers.iter().copied());
                let read = (read.traceparent.as_deref(), read.event_id.as_deref());
                assert_eq!(read, (traceparent, event_id), "{headers:?}");
                headers.reverse();
            }
        };
        check(&[], None, None);
        check(&[("content-type", "application/json")], None, None);
        for name in [
            "traceparent",
            "Traceparent",
            "TRACEPARENT",
            "ce-traceparent",
            "Ce-Traceparent",
        ] {
            check(&[(name, TRACE)], Some(TRACE), None);
        }
        for name in ["ce-id", "Ce-Id", "CE-ID"] {
            check(&[(name, " one ")], None, Some("one"));
        }
        check(
            &[("ce-traceparent", OTHER), ("Traceparent", TRACE)],
            Some(TRACE),
            None,
        );
        check(
            &[("ce-traceparent", OTHER), ("Traceparent", "00-zz")],
            Some(OTHER),
            None,
        );
        check(&[("ce-id", "one"), ("Ce-Id", "one")], None, Some("one"));
        check(&[("ce-id", "two"), ("Ce-Id", "one")], None, Some("one, two"));
    }
}
