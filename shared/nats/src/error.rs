//! Why there is no connection.

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What was set makes no sense.
    #[error("{0}")]
    Settings(String),
    /// No server lets us in. That may change by itself.
    #[error("{0}")]
    Unreachable(String),
    /// A server lets us in, and is not as it must be.
    #[error("{0}")]
    Unfit(String),
}
