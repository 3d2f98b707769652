//! Values formatted for people. Untrusted texts are made safe to display.

use std::time::Duration;

use jiff::Timestamp;

/// An untrusted text: control characters, which could rewrite a terminal, are replaced.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || is_invisible(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Bidirectional and zero-width characters.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A time for people: UTC, to the second.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time for programs: RFC 3339, to the microsecond. All six digits are written, because a time denotes the unit down to which
/// it is written (see [`crate::moment`]).
pub fn exact(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A duration for people, truncated: `0.42 ms`, `8.34 ms`, `16.3 ms`, `1.25 s`, `2 min 5 s`, `2 h 3 min`, `7 d 1 h`.
pub fn span(duration: Duration) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    const DAY: u64 = 24 * HOUR;
    let (us, seconds) = (duration.as_micros(), duration.as_secs());
    match (us, seconds) {
        (0..10_000, _) => format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10),
        (10_000..1_000_000, _) => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        (_, 0..MINUTE) => format!("{}.{:02} s", seconds, us % 1_000_000 / 10_000),
        (_, MINUTE..HOUR) => format!("{} min {} s", seconds / MINUTE, seconds % MINUTE),
        (_, HOUR..DAY) => format!("{} h {} min", seconds / HOUR, seconds % HOUR / MINUTE),
        (_, _) => format!("{} d {} h", seconds / DAY, seconds % DAY / HOUR),
    }
}

/// Microseconds as a duration for people; negative values count as zero.
pub fn span_us(us: i64) -> String {
    span(Duration::from_micros(u64::try_from(us).unwrap_or(0)))
}

/// Microseconds as milliseconds, with as many decimals as fit into six characters.
pub fn ms(us: i64) -> String {
    let (sign, us) = (if us < 0 { "-" } else { "" }, us.unsigned_abs());
    match us {
        0..1_000_000 => format!("{sign}{}.{:02}", us / 1_000, us % 1_000 / 10),
        1_000_000..10_000_000 => format!("{sign}{}.{}", us / 1_000, us % 1_000 / 100),
        _ => format!("{sign}{}", us / 1_000),
    }
}

/// JSON with one line per field, in the original field order; other text is formatted in a similar way.
pub fn pretty_json(raw: &str) -> String {
    let (mut pretty, mut depth, mut in_text, mut escaped) = (String::new(), 0_usize, false, false);
    let mut rest = raw.trim().chars().peekable();
    while let Some(character) = rest.next() {
        if in_text {
            pretty.push(character);
            in_text = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '{' | '[' => {
                while rest.next_if(|next| next.is_whitespace()).is_some() {}
                pretty.push(character);
                if let Some(end) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    pretty.push(end);
                } else {
                    depth = depth.saturating_add(1);
                    new_line(&mut pretty, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut pretty, depth);
                pretty.push(character);
            }
            ',' => {
                pretty.push(character);
                new_line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            blank if blank.is_whitespace() => {}
            other => {
                in_text = other == '"';
                pretty.push(other);
            }
        }
    }
    pretty
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memo_can_not_rewrite_the_terminal() {
        assert_eq!(
            clean("lunch \x1b[2J\r\u{202e}!"),
            "lunch \u{fffd}[2J\u{fffd}\u{fffd}!"
        );
        assert_eq!(clean("Lunch für 2 €"), "Lunch für 2 €");
    }

    #[test]
    fn json_keeps_its_order_and_its_texts() {
        let raw = r#" {"z" : [1, {"a":"x, {\"y\"}: \\"}], "empty":{ }, "n":null} "#;
        let expected = "{\n  \"z\": [\n    1,\n    {\n      \"a\": \"x, {\\\"y\\\"}: \\\\\"\n    }\n  ],\n  \"empty\": {},\n  \"n\": null\n}";
        assert_eq!(pretty_json(raw), expected);
        let same = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(same(&pretty_json(raw)), same(raw));
    }

    #[test]
    fn durations_are_readable() {
        let spans = [
            420,
            8_349,
            999_950,
            1_250_000,
            125_000_000,
            7_399_000_000,
            608_400_000_000,
        ]
        .map(span_us);
        assert_eq!(
            spans,
            [
                "0.42 ms",
                "8.34 ms",
                "999.9 ms",
                "1.25 s",
                "2 min 5 s",
                "2 h 3 min",
                "7 d 1 h"
            ]
        );
        assert_eq!(span(Duration::MAX), "213503982334601 d 7 h");
        assert_eq!(span_us(-5), "0.00 ms");
        assert_eq!(
            [-420, 8_349, 1_250_000, 125_000_000].map(ms),
            ["-0.42", "8.34", "1250.0", "125000"]
        );
        assert_eq!(
            time("2026-01-31T12:00:00.123456Z".parse().unwrap()),
            "2026-01-31 12:00:00"
        );
        assert_eq!(exact(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00.000000Z");
    }
}
