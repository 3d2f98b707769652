//! Why a query to the ledger fails.

use std::error::Error as StdError;
use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::InvalidInput;

/// Why a query fails. Each variant says what was wrong, with which value, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An address or a token is invalid.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// There was no response, or the token is missing or wrong.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The service reported a problem.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// The response is not a ledger's, or from an incompatible version.
    #[error("{0}")]
    Unexpected(String),
}

/// A problem document of the ledger (RFC 9457).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What kind of problem it is.
    pub title: String,
    /// The particulars.
    #[serde(default)]
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.detail.is_empty() {
            &self.title
        } else {
            &self.detail
        })
    }
}

impl StdError for Problem {}

/// Why a service could not be queried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// There was no response.
    #[error("no reply from {name} at {url}: {why}; is it running (`wallet up`), and is {option} correct?")]
    NoReply {
        /// The service's name.
        name: &'static str,
        /// Its address.
        url: String,
        /// What happened instead.
        why: String,
        /// The option that sets its address.
        option: &'static str,
    },
    /// A token is required and none was given.
    #[error("{name} at {url} requires a token: set WALLET_API_TOKEN, or give --api-token")]
    TokenRequired {
        /// The service's name.
        name: &'static str,
        /// Its address.
        url: String,
    },
    /// The token was rejected.
    #[error(
        "{name} at {url} rejects this token: WALLET_API_TOKEN (or --api-token) must equal the WALLET_HTTP_TOKEN that it was started with"
    )]
    WrongToken {
        /// The service's name.
        name: &'static str,
        /// Its address.
        url: String,
    },
}

/// Turns "does not exist" from an error into `None`.
pub(super) fn none_if_unknown<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the ledger reported that the resource does not exist.
pub fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Problem(problem) if problem.status == StatusCode::NOT_FOUND.as_u16())
}

pub(super) fn root_cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
