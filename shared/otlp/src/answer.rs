//! What a receiver's response asks of the sender: to continue, to wait, to send less at once, or to give up, according to the
//! OTLP specification (<https://opentelemetry.io/docs/specs/otlp/>).

use std::error::Error;
use std::time::Duration;

use prost::Message as _;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::checked::NotGrpc;

/// How much of a receiver's message is repeated.
const MAX_WORDS: usize = 300;

/// Why spans could not be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// There was no response.
    #[error("{0}")]
    NoAnswer(String),
    /// The receiver can't accept anything at present.
    #[error("{why}")]
    Later {
        /// Its message.
        why: String,
        /// The delay that it asks for, if any.
        after: Option<Duration>,
    },
    /// The receiver accepts no message of this size.
    #[error("{0}")]
    TooLarge(String),
    /// It will never accept this message.
    #[error("{0}")]
    Refused(String),
}

/// Interprets an HTTP response other than success.
pub(crate) fn of_http(receiver: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failed {
    let why = format!("{receiver} answered HTTP {status}: {}", error_text(headers, body));
    let why = why.trim_end_matches([' ', ':']).to_owned();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Failed::TooLarge(why),
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Failed::Later {
            why,
            after: retry_after(headers),
        },
        _ => Failed::Refused(why),
    }
}

/// Interprets a gRPC status other than success.
pub(crate) fn of_grpc(receiver: &str, status: &Status) -> Failed {
    if let Some(answer) = status
        .source()
        .and_then(|source| source.downcast_ref::<NotGrpc>())
    {
        return of_http(receiver, answer.status, &answer.headers, b"");
    }
    let message = words(status.message().as_bytes());
    let cause = status.source().map(whole).unwrap_or_default();
    let why = format!("{receiver}: {:?} {message} {cause}", status.code());
    let why = why.trim_end().to_owned();
    // A status with a local cause does not come from the server.
    if status.source().is_some() {
        return Failed::NoAnswer(why);
    }
    let after = status.get_details_retry_info().and_then(|info| info.retry_delay);
    match status.code() {
        // With a delay, the receiver is temporarily short of something; without, the message exceeds its limit.
        Code::ResourceExhausted if after.is_none() => Failed::TooLarge(why),
        // tonic reports a message above the server's limit as out of range.
        Code::OutOfRange => Failed::TooLarge(why),
        Code::ResourceExhausted
        | Code::Cancelled
        | Code::DeadlineExceeded
        | Code::Aborted
        | Code::Unavailable
        | Code::DataLoss => Failed::Later { why, after },
        Code::Ok
        | Code::Unknown
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::Unimplemented
        | Code::Internal
        | Code::Unauthenticated => Failed::Refused(why),
    }
}

/// Parses `Retry-After`: seconds, or a time, which is compared with the receiver's own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let after: &str = text(RETRY_AFTER)?;
    if let Ok(seconds) = after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = |text: &str| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp());
    let wait = at(after)?.duration_since(at(text(DATE)?)?);
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// The receiver's message: a status message according to the specification, in practice often plain text.
fn error_text(headers: &HeaderMap, body: &[u8]) -> String {
    let is_message = headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/x-protobuf");
    match tonic_types::pb::Status::decode(body) {
        Ok(status) if is_message => words(status.message.as_bytes()),
        Ok(_) | Err(_) => words(body),
    }
}

/// An error with its causes.
pub(crate) fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let message = deeper.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = deeper.source();
    }
    text
}

/// A receiver's message, safe for logging: truncated, and without control characters.
pub(crate) fn words(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let safe = text
        .chars()
        .take(MAX_WORDS)
        .map(|c| if c.is_control() { ' ' } else { c });
    safe.collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;
    use tonic_types::ErrorDetails;

    use super::*;

    const DELAY: Duration = Duration::from_millis(3_500);

    fn kind(failed: &Failed) -> (&'static str, Option<Duration>) {
        match failed {
            Failed::NoAnswer(_) => ("no answer", None),
            Failed::Later { after, .. } => ("later", *after),
            Failed::TooLarge(_) => ("too large", None),
            Failed::Refused(_) => ("refused", None),
        }
    }

    #[test]
    fn http_statuses_mean_what_the_specification_says() {
        let check = |status: u16, headers: &[(HeaderName, &str)], expected| {
            let headers = headers
                .iter()
                .map(|(name, value)| (name.clone(), value.parse().unwrap()));
            let status = StatusCode::from_u16(status).unwrap();
            let failed = of_http("it", status, &headers.collect(), b"");
            assert_eq!(kind(&failed), expected, "{failed:?}");
        };
        check(413, &[], ("too large", None));
        for status in [400, 401, 403, 404, 405, 408, 422, 500, 501, 301, 307] {
            check(status, &[(RETRY_AFTER, "5")], ("refused", None));
        }
        for status in [429, 502, 503, 504] {
            check(status, &[], ("later", None));
            check(
                status,
                &[(RETRY_AFTER, "120")],
                ("later", Some(Duration::from_mins(2))),
            );
        }
        let (now, then) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:07 GMT");
        let half_a_minute = Some(Duration::from_secs(30));
        check(503, &[(DATE, now), (RETRY_AFTER, then)], ("later", half_a_minute));
        check(
            503,
            &[(DATE, then), (RETRY_AFTER, now)],
            ("later", Some(Duration::ZERO)),
        );
        check(503, &[(RETRY_AFTER, then)], ("later", None));
        check(503, &[(RETRY_AFTER, "soon")], ("later", None));
    }

    #[test]
    fn grpc_codes_mean_what_the_specification_says() {
        let check =
            |status: &Status, expected| assert_eq!(kind(&of_grpc("it", status)), expected, "{status}");
        let plain = |code: Code| Status::new(code, "so it is");
        let with_delay = |code: Code| {
            Status::with_error_details(code, "so it is", ErrorDetails::with_retry_info(Some(DELAY)))
        };
        for code in [
            Code::Cancelled,
            Code::DeadlineExceeded,
            Code::Aborted,
            Code::Unavailable,
            Code::DataLoss,
        ] {
            check(&plain(code), ("later", None));
            check(&with_delay(code), ("later", Some(DELAY)));
        }
        check(&plain(Code::ResourceExhausted), ("too large", None));
        check(&with_delay(Code::ResourceExhausted), ("later", Some(DELAY)));
        check(&plain(Code::OutOfRange), ("too large", None));
        for code in [
            Code::Unknown,
            Code::InvalidArgument,
            Code::NotFound,
            Code::AlreadyExists,
            Code::PermissionDenied,
            Code::FailedPrecondition,
            Code::Unimplemented,
            Code::Internal,
            Code::Unauthenticated,
        ] {
            check(&plain(code), ("refused", None));
        }
    }

    #[test]
    fn a_receivers_error_is_quoted_and_shortened() {
        let status = tonic_types::pb::Status {
            message: "no tenant\u{1b}[2J".to_owned(),
            ..Default::default()
        };
        let headers = [(CONTENT_TYPE, "application/x-protobuf".parse().unwrap())]
            .into_iter()
            .collect();
        let failed = of_http("it", StatusCode::BAD_REQUEST, &headers, &status.encode_to_vec());
        assert_eq!(
            failed.to_string(),
            "it answered HTTP 400 Bad Request: no tenant [2J"
        );
        let failed = of_http(
            "it",
            StatusCode::BAD_REQUEST,
            &HeaderMap::new(),
            "é".repeat(10_000).as_bytes(),
        );
        assert!(failed.to_string().chars().count() < 400, "{failed}");
    }
}
