//! Values as people read them. Texts of somebody else are made safe to show.

use std::time::Duration;

use jiff::Timestamp;

/// A text of somebody else: control characters, with which a text could rewrite a terminal, are replaced.
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

/// Marks that turn the direction of writing, or hide in it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A time for people: UTC, to the second.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time span for people: `0.42 ms`, `8.3 ms`, `1.25 s`, `2 min 5 s`.
pub fn span(duration: Duration) -> String {
    let us = duration.as_micros();
    match us {
        0..10_000 => format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10),
        10_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        1_000_000..60_000_000 => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
        _ => format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

/// Microseconds as a time span for people; what is below zero counts as nothing.
pub fn span_us(us: i64) -> String {
    span(Duration::from_micros(u64::try_from(us).unwrap_or(0)))
}

/// Microseconds as milliseconds, with as many decimals as six characters hold.
pub fn ms(us: i64) -> String {
    let (sign, us) = (if us < 0 { "-" } else { "" }, us.unsigned_abs());
    match us {
        0..1_000_000 => format!("{sign}{}.{:02}", us / 1_000, us % 1_000 / 10),
        1_000_000..10_000_000 => format!("{sign}{}.{}", us / 1_000, us % 1_000 / 100),
        _ => format!("{sign}{}", us / 1_000),
    }
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
    fn times_read_well() {
        let spans = [420, 8_349, 999_950, 1_250_000, 125_000_000].map(span_us);
        assert_eq!(spans, ["0.42 ms", "8.34 ms", "999.9 ms", "1.25 s", "2 min 5 s"]);
        assert_eq!(span_us(-5), "0.00 ms");
        assert_eq!(
            [-420, 8_349, 1_250_000, 125_000_000].map(ms),
            ["-0.42", "8.34", "1250.0", "125000"]
        );
        assert_eq!(
            time("2026-01-31T12:00:00.123456Z".parse().unwrap()),
            "2026-01-31 12:00:00"
        );
    }
}
