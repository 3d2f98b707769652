//! Parsers for times and names on the command line.

use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use jiff::Timestamp;
use wallet_client::api::StatusFilter;
use wallet_client::clock;
use wallet_contract::id::TransferId;
use wallet_contract::reason::Reason;
use wallet_contract::request::MAX_EXPIRES_IN;
use wallet_contract::status::Status;
use wallet_view::duration;
use wallet_view::moment::Moment;

/// Parses a name. Surrounding blanks are removed as unintended, and an empty name is rejected as an unset variable.
pub(super) fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("the name is empty: use one such as 2026-07, or leave the option out".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// Parses a status to filter by.
pub(super) fn status() -> impl TypedValueParser<Value = StatusFilter> {
    let value = |status: StatusFilter| PossibleValue::new(status.word()).help(meaning(status));
    PossibleValuesParser::new(StatusFilter::ALL.map(value)).map(|word| {
        let known = StatusFilter::ALL.into_iter();
        let found = known.into_iter().find(|status| status.word() == word);
        found.expect("the parser takes these words only")
    })
}

fn meaning(status: StatusFilter) -> &'static str {
    match status {
        StatusFilter::Is(Status::Running) => "In progress",
        StatusFilter::Stuck => "In progress, but without an event for too long",
        StatusFilter::Parked => "With a parked message; see `wallet parked`",
        StatusFilter::Is(Status::Reserved) => "Reserved and promised; waiting for a confirm",
        StatusFilter::Is(Status::Settled) => "The money has arrived",
        StatusFilter::Is(Status::Refused) => "Refused; no money has moved",
        StatusFilter::Is(Status::Compensated) => "Debited, could not be credited, and returned to the payer",
        StatusFilter::Is(Status::Cancelled) => "Cancelled by its payer",
        StatusFilter::Is(Status::Expired) => "Not confirmed in time",
        StatusFilter::Is(Status::Done) => "An operator's request that was carried out",
    }
}

/// Parses `30s`, `1m 30s`, `500ms`, `7d` of 24 hours, or a plain number of seconds.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    duration::read_in("s", text)
}

/// Parses a duration of whole seconds.
pub(super) fn whole_seconds(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.subsec_nanos() == 0 {
        Ok(duration)
    } else {
        Err("use whole seconds, such as 30s or 15m".to_owned())
    }
}

/// Parses the duration of a reservation.
pub(super) fn expires_in(text: &str) -> Result<Duration, String> {
    let (lapse, most) = (whole_seconds(text)?, Duration::from_secs(MAX_EXPIRES_IN.into()));
    if lapse.is_zero() {
        Err("too short: use at least 1s, such as 15m".to_owned())
    } else if lapse > most {
        Err(format!("too long: use at most {}d", most.as_secs() / (24 * 3600)))
    } else {
        Ok(lapse)
    }
}

/// Parses the id of a transfer or request.
pub(super) fn transfer_id(text: &str) -> Result<TransferId, String> {
    let wrong =
        |_| format!("use a UUID such as {EXAMPLE}; `wallet transfers` lists the transfers with their ids");
    text.trim().parse().map_err(wrong)
}

/// Parses the id of a request to send.
pub(super) fn request_id(text: &str) -> Result<TransferId, String> {
    let wrong = |_| format!("use a UUID such as {EXAMPLE}, or leave the option out to have one generated");
    text.trim().parse().map_err(wrong)
}

const EXAMPLE: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";

/// Parses a reason's code; an unknown one is answered with all of them.
pub(super) fn reason() -> impl TypedValueParser<Value = Reason> {
    PossibleValuesParser::new(Reason::ALL.iter().map(|reason| reason.code()))
        .try_map(|code| code.parse::<Reason>())
}

/// Parses a time in any notation: `2026-01-31T12:00:00Z`, `2026-01-31`, `10m ago`.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    Moment::read(text, clock::now()).map_err(|bad| bad.to_string())
}

/// Parses the start of a time, or `10m`, which here means `10m ago`.
pub(super) fn since(text: &str) -> Result<Timestamp, String> {
    moment_or_lapse(text).map(Moment::first)
}

/// Parses the end of a time, or `10m`, which here means `10m ago`.
pub(super) fn until(text: &str) -> Result<Timestamp, String> {
    moment_or_lapse(text).map(Moment::last)
}

fn moment_or_lapse(text: &str) -> Result<Moment, String> {
    moment(text).or_else(|bad| {
        let duration = duration::read(text).map_err(|_| bad)?;
        Moment::ago(duration, clock::now()).map_err(|bad| bad.to_string())
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_is_seconds() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("7d"), Ok(Duration::from_hours(7 * 24)));
        assert_eq!(duration("13.9 ms"), Ok(Duration::from_micros(13_900)));
        assert!(
            duration("soon")
                .unwrap_err()
                .ends_with(": use a duration such as 30s, 500ms or 2m")
        );
    }

    #[test]
    fn a_name_is_trimmed() {
        assert_eq!(name(" 2026-07\u{a0}"), Ok("2026-07".to_owned()));
        for text in ["", " \t"] {
            assert!(
                name(text).unwrap_err().starts_with("the name is empty"),
                "{text:?}"
            );
        }
    }

    #[test]
    fn an_impossible_duration_is_rejected() {
        assert!(
            duration("18446744073709551615").is_err(),
            "beyond the range of the clock"
        );
        assert_eq!(whole_seconds("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(
            whole_seconds("1500ms").unwrap_err(),
            "use whole seconds, such as 30s or 15m"
        );
    }

    #[test]
    fn a_reservation_lasts_between_a_second_and_a_year() {
        assert_eq!(expires_in("365d"), Ok(Duration::from_hours(365 * 24)));
        assert_eq!(expires_in("400d").unwrap_err(), "too long: use at most 365d");
        assert_eq!(
            expires_in("0").unwrap_err(),
            "too short: use at least 1s, such as 15m"
        );
    }

    #[test]
    fn since_accepts_a_bare_duration_and_starts_with_the_named_time() {
        let hour = clock::now() - SignedDuration::from_hours(1);
        for text in ["1h", "1h ago"] {
            let parsed = since(text).unwrap();
            assert!((parsed.as_second() - hour.as_second()).abs() <= 1, "{parsed}");
        }
        assert_eq!(since("2026-01-31"), Ok("2026-01-31T00:00:00Z".parse().unwrap()));
        assert_eq!(
            until("2026-01-31"),
            Ok("2026-01-31T23:59:59.999999Z".parse().unwrap())
        );
        assert!(since("noon").unwrap_err().starts_with("use a time such as"));
    }

    #[test]
    fn a_time_copied_from_a_table_covers_its_whole_second() {
        let at = moment("2026-11-28 16:23:37").unwrap();
        assert_eq!(at.last(), "2026-11-28T16:23:37.999999Z".parse().unwrap());
        for text in ["10m", "noon"] {
            assert!(
                moment(text).unwrap_err().starts_with("use a time such as"),
                "{text}"
            );
        }
    }
}
