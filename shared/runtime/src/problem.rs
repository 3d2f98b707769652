//! Errors of the HTTP interface, as RFC 9457 problem details.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// What went wrong, for a person. The response also carries it as an extension, for callers that render it in another form.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    /// Parses a part of the request, or reports what is wrong with it.
    pub fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(what: &str, text: &str) -> Result<T, Self> {
        text.parse()
            .map_err(|error| Self::bad_request(format!("{what} {text:?}: {error}")))
    }

    /// The response's status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What was wrong, and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The resource does not exist.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            detail: detail.into(),
        }
    }

    /// The resource exists, but does not support this method.
    pub(crate) fn not_allowed(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::METHOD_NOT_ALLOWED,
            detail: detail.into(),
        }
    }

    /// The request is invalid.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            detail: detail.into(),
        }
    }

    /// The cursor to continue from is not one that we gave.
    pub fn not_a_place(before: &str) -> Self {
        Self::bad_request(format!(
            "before {before:?}: use the \"next\" of an earlier response"
        ))
    }

    /// The caller has no valid credentials.
    pub(crate) fn unauthorized(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            detail: detail.into(),
        }
    }

    /// The request URI is too long.
    pub(crate) fn uri_too_long(length: usize, limit: usize) -> Self {
        Self {
            status: StatusCode::URI_TOO_LONG,
            detail: format!("a URL of {length} bytes: the limit is {limit}"),
        }
    }

    /// The request headers are too long.
    pub(crate) fn headers_too_large(length: usize, limit: usize) -> Self {
        Self {
            status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            detail: format!("headers of {length} bytes: the limit is {limit}"),
        }
    }

    /// The request is ambiguous.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::CONFLICT,
            detail: detail.into(),
        }
    }

    /// The answer would be stale.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            detail: detail.into(),
        }
    }
}

impl From<wallet_db::Error> for Problem {
    fn from(error: wallet_db::Error) -> Self {
        tracing::error!(%error, "a query failed: {error}");
        Self::unavailable("the service's database does not answer: see the log of the service")
    }
}

impl From<wallet_engine::bus::Error> for Problem {
    fn from(error: wallet_engine::bus::Error) -> Self {
        Self::unavailable(format!(
            "the end of the log is unknown, so an answer could be stale: {error}"
        ))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let content = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, content, format!("{body}\n")).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let ask = HeaderValue::from_static("Bearer realm=\"wallet\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
        }
        response.extensions_mut().insert(self);
        response
    }
}
