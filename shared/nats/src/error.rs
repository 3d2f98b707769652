//! Why there is no connection.

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The settings are invalid.
    #[error("{0}")]
    Settings(String),
    /// No server accepts the connection. That may change without our doing.
    #[error("{0}")]
    Unreachable(String),
    /// A server accepts the connection, but does not meet the wallet's requirements.
    #[error("{0}")]
    Unfit(String),
}
