//! Times and names on the command line.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

use crate::clock;

/// Reads a name. Blanks around it are nobody's intention, and an empty one is a variable that was not set.
pub(super) fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("it is empty: use a name such as 2026-07, or leave the option out".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// Reads `30s`, `1m 30s`, `500ms`, `7d` of 24 hours, or a plain number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let bad = |why: String| format!("{why}: use a time such as 30s, 500ms or 2m");
    if let Ok(seconds) = text.parse() {
        return Ok(Duration::from_secs(seconds));
    }
    let span: Span = text
        .parse()
        .map_err(|error: jiff::Error| bad(error.to_string()))?;
    let parsed = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let parsed = parsed.map_err(|error| bad(error.to_string()))?;
    Duration::try_from(parsed).map_err(|_| bad("it is below zero".to_owned()))
}

/// Reads `2026-01-31T12:00:00Z` or `10m ago`.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse() {
        return Ok(at);
    }
    let bad =
        || "use a time with its offset, as 2026-01-31T12:00:00Z, or how long ago, as \"10m ago\"".to_owned();
    let ago: SignedDuration = text.parse().map_err(|_| bad())?;
    if !ago.is_negative() {
        return Err(bad());
    }
    clock::now().checked_add(ago).map_err(|_| bad())
}

/// Reads `2026-01-31T12:00:00Z`, `10m ago`, or `10m`, which is the same here.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    instant(text).or_else(|bad| {
        let ago = duration(text).map_err(|_| bad)?;
        let ago = SignedDuration::try_from(ago).map_err(|error| error.to_string())?;
        clock::now().checked_sub(ago).map_err(|error| error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_is_seconds() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("7d"), Ok(Duration::from_hours(7 * 24)));
        assert!(
            duration("soon")
                .unwrap_err()
                .ends_with(": use a time such as 30s, 500ms or 2m")
        );
        assert_eq!(
            duration("-3s").unwrap_err(),
            "it is below zero: use a time such as 30s, 500ms or 2m"
        );
    }

    #[test]
    fn a_name_has_no_blanks_around_it() {
        assert_eq!(name(" 2026-07\u{a0}"), Ok("2026-07".to_owned()));
        for text in ["", " \t"] {
            assert!(name(text).unwrap_err().starts_with("it is empty"), "{text:?}");
        }
    }

    #[test]
    fn since_needs_no_ago() {
        let hour = clock::now() - SignedDuration::from_hours(1);
        let told = since("1h").unwrap();
        assert!((told.as_second() - hour.as_second()).abs() <= 1, "{told}");
        assert_eq!(since("2026-01-31T12:00:00Z"), instant("2026-01-31T12:00:00Z"));
        assert!(
            since("noon")
                .unwrap_err()
                .starts_with("use a time with its offset")
        );
    }

    #[test]
    fn a_time_has_an_offset_or_lies_back() {
        assert_eq!(
            instant("2026-01-31T12:00:00Z"),
            Ok("2026-01-31T12:00:00Z".parse().unwrap())
        );
        assert!(instant("10m ago").unwrap() < clock::now());
        for text in ["10m", "2026-01-31", "noon"] {
            assert!(
                instant(text)
                    .unwrap_err()
                    .starts_with("use a time with its offset"),
                "{text}"
            );
        }
    }
}
