//! Database errors.

use std::error::Error as StdError;

use sqlx::error::ErrorKind;
use wallet_engine::store;

use super::hint::hint;

/// The result of a call to a database.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A database error. Its text ends with advice for the operator, where there is any.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is not one that this program can use.
    #[error("{0}")]
    Unfit(String),
    /// The database refused a statement, or could not be reached.
    #[error("{0}{hint}", hint = hint(.0))]
    Sql(#[from] sqlx::Error),
    /// The database holds a value that this program does not store.
    #[error("a stored value can't be read: {0}")]
    Unreadable(#[source] Box<dyn StdError + Send + Sync>),
    /// The `progress` row is missing, which every shard's database has from the start.
    #[error("the database has no progress row")]
    NoProgress,
}

impl Error {
    /// The error for a stored value that could not be read.
    pub fn unreadable(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Unreadable(error.into())
    }

    /// Whether a constraint of the tables refused a write, so that a retry would be refused again.
    fn is_a_constraint(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => matches!(
                error.kind(),
                ErrorKind::UniqueViolation
                    | ErrorKind::ForeignKeyViolation
                    | ErrorKind::NotNullViolation
                    | ErrorKind::CheckViolation
            ),
            Self::Sql(_) | Self::Unfit(_) | Self::Unreadable(_) | Self::NoProgress => false,
        }
    }
}

impl From<Error> for store::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Unfit(text) => Self::Unfit(text),
            error @ (Error::Sql(_) | Error::Unreadable(_) | Error::NoProgress) => Self::Database {
                by_constraint: error.is_a_constraint(),
                source: Box::new(error),
            },
        }
    }
}
