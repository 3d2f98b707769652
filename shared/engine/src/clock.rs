//! The clock, and the text form of a time.

use jiff::Timestamp;

/// Returns the current time. The loop takes it as an argument, so that a simulation can set it.
pub type Clock = fn() -> Timestamp;

/// The machine's clock, in whole microseconds, so that a time is stored and sent exactly as used in a decision.
#[expect(
    clippy::disallowed_methods,
    reason = "the only caller; everything else takes a Clock"
)]
pub fn system() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

/// Microseconds since 1970 as RFC 3339, always with six digits, so that a reader can query for exactly the time shown.
pub fn rfc3339(us: i64) -> String {
    Timestamp::from_microsecond(us).map_or_else(|_| us.to_string(), |time| format!("{time:.6}"))
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn a_time_is_written_to_the_microsecond() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(rfc3339(1_500_000), "1970-01-01T00:00:01.500000Z");
        assert_eq!(rfc3339(i64::MAX), i64::MAX.to_string());
    }
}
