//! Why a question to the ledger has no answer.

use std::error::Error as StdError;
use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;

use crate::InvalidInput;

/// Why there is no answer. Each variant says what was wrong, with which value, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An address or a token cannot be right.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// Nobody answers, or not without the right token.
    #[error(transparent)]
    Mute(#[from] Mute),
    /// The service says why not.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// Something else answers, or a service of another version.
    #[error("{0}")]
    Strange(String),
}

/// What a ledger says when it can't answer (RFC 9457).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What kind of problem it is.
    pub title: String,
    /// What it was in this case.
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

/// Why a service gave no answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mute {
    /// Nobody answers there.
    #[error("no answer from {name} at {url}: {why}; is it running (`wallet up`), and {option} right?")]
    Silent {
        /// Who was asked.
        name: &'static str,
        /// Where.
        url: String,
        /// What happened instead.
        why: String,
        /// With which option another address is named.
        option: &'static str,
    },
    /// It answers only who shows a token, and none was shown.
    #[error("{name} at {url} asks for a token: set WALLET_API_TOKEN, or give --api-token")]
    Locked {
        /// Who was asked.
        name: &'static str,
        /// Where.
        url: String,
    },
    /// It does not take the token that was shown.
    #[error(
        "{name} at {url} does not take this token: WALLET_API_TOKEN (or --api-token) must be what it was started with as \
         WALLET_HTTP_TOKEN"
    )]
    WrongToken {
        /// Who was asked.
        name: &'static str,
        /// Where.
        url: String,
    },
}

/// A question about something that does not exist has an answer.
pub(super) fn none_if_unknown<T>(found: Result<T, Error>) -> Result<Option<T>, Error> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the ledger said that there is no such thing.
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
