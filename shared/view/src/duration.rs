//! Durations as people write them and as this program prints them: `30s`, `1m 30s`, `13.9 ms`, `2 min 5 s`, `7d`.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

/// Parses a duration with units; a day has 24 hours.
pub fn read(text: &str) -> Result<Duration, String> {
    let bad = |why: String| format!("{why}: use a duration such as 30s, 500ms or 2m");
    let span: Span = text
        .trim()
        .parse()
        .map_err(|_| bad("no number with a unit".to_owned()))?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let duration = duration.map_err(|_| bad("a month has no fixed length".to_owned()))?;
    Duration::try_from(duration).map_err(|_| bad("it is negative".to_owned()))
}

/// Parses a duration in which a bare number counts the given unit: `read_in("ms", "13.9")`.
pub fn read_in(unit: &str, text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let is_plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_plain {
        read(&format!("{text}{unit}"))
    } else {
        read(text)
    }
}

/// Whole microseconds, saturating.
pub fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::span_us;

    #[test]
    fn a_duration_has_units() {
        let check = |text: &str, ms: u64| assert_eq!(read(text), Ok(Duration::from_millis(ms)), "{text}");
        check("30s", 30_000);
        check("1m 30s", 90_000);
        check("500ms", 500);
        check("7d", 7 * 24 * 3_600_000);
        check(" 2 min 5 s ", 125_000);
        check("PT1M", 60_000);
        assert_eq!(read("13.9 ms"), Ok(Duration::from_micros(13_900)));
        for (text, problem) in [
            ("soon", "no number with a unit"),
            ("30", "no number with a unit"),
            ("", "no number with a unit"),
            ("-3s", "it is negative"),
            ("1mo", "a month has no fixed length"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(
                error,
                format!("{problem}: use a duration such as 30s, 500ms or 2m"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_plain_number_counts_the_given_unit() {
        assert_eq!(read_in("ms", "250"), Ok(Duration::from_millis(250)));
        assert_eq!(read_in("ms", "13.9"), Ok(Duration::from_micros(13_900)));
        assert_eq!(read_in("s", "30"), Ok(Duration::from_secs(30)));
        assert_eq!(read_in("ms", "2s"), Ok(Duration::from_secs(2)));
        for text in ["1.2.3", ".", "1e3", "99999999999999999999", "0x10", "٣"] {
            assert!(read_in("ms", text).is_err(), "{text}");
        }
    }

    /// Printed durations are truncated, so a filter for "at least what is printed" matches the flow it was copied from.
    #[test]
    fn a_printed_duration_is_parsed_and_not_longer_than_the_original() {
        for us in [
            0,
            420,
            8_349,
            13_950,
            999_950,
            1_250_000,
            125_000_000,
            7_380_000_000,
            700_000_000_000,
        ] {
            let read = microseconds(read(&span_us(us)).unwrap());
            assert!(
                read <= us && us - read <= us / 50,
                "{us}: {} is {read}",
                span_us(us)
            );
        }
    }
}
