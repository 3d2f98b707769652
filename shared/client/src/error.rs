//! Errors of the caller.

use std::fmt;

/// An address, a token or a setting that cannot be right, whatever the wallet holds. Nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InvalidInput(String);

impl InvalidInput {
    /// What is wrong, with its value, and what would be right.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}
