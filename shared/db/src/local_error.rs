//! Wraps rusqlite errors as sqlx errors, so that both kinds of SQLite connection fail alike.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

use sqlx::error::{DatabaseError, ErrorKind};

pub(super) type Result<T> = std::result::Result<T, Error>;

/// An error of a call on the loop's own connection.
#[derive(Debug)]
pub(super) struct Error(sqlx::Error);

/// A SQLite error, with its extended result code (sqlite.org/rescode.html).
#[derive(Debug)]
struct Failure {
    code: i32,
    message: String,
}

impl Error {
    /// The error for a value that this program does not store.
    pub(super) fn foreign(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(sqlx::Error::Decode(error.into()))
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, message) = error else {
            return Self(sqlx::Error::Protocol(error.to_string()));
        };
        Self(sqlx::Error::Database(Box::new(Failure {
            code: failure.extended_code,
            message: message.unwrap_or_else(|| failure.to_string()),
        })))
    }
}

impl From<Error> for super::error::Error {
    fn from(error: Error) -> Self {
        error.0.into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(code: {}) {}", self.code, self.message)
    }
}

impl StdError for Failure {}

impl DatabaseError for Failure {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.to_string().into())
    }

    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        match self.code {
            rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                ErrorKind::UniqueViolation
            }
            rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY => ErrorKind::ForeignKeyViolation,
            rusqlite::ffi::SQLITE_CONSTRAINT_NOTNULL => ErrorKind::NotNullViolation,
            rusqlite::ffi::SQLITE_CONSTRAINT_CHECK => ErrorKind::CheckViolation,
            _ => ErrorKind::Other,
        }
    }
}
