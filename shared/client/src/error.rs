//! What can go wrong between a caller and the wallet. A refusal is no error: it is an [`Outcome`](crate::Outcome).

use std::fmt;
use std::time::Duration;

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::reason::Refusal;

/// An address, a token or a setting that cannot be right, whatever the wallet holds. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidInput(String);

impl InvalidInput {
    /// What is wrong, with its value, and what would be right.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// Why there is no outcome. Each variant says what was wrong, with which value, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An address or a setting cannot be right.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// The services would refuse this request whatever the accounts hold, so it was not sent.
    #[error("{0}")]
    Request(Refusal),
    /// No NATS server answers, or it is not one that the wallet can work with.
    #[error("{0}")]
    Server(String),
    /// The NATS server has no streams of a wallet.
    #[error(
        "there is no wallet on the NATS server at {host}: start the services (`wallet up`), they make the streams"
    )]
    NoWallet {
        /// Where the server is.
        host: String,
    },
    /// The streams are there, but cannot be read, or are not a wallet's.
    #[error("{0}")]
    Stream(String),
    /// No stream takes the message.
    #[error(
        "no stream on the NATS server at {host} takes {what}: are the services running? `wallet doctor` says what is missing"
    )]
    NoStream {
        /// Where the server is.
        host: String,
        /// What was to be published.
        what: String,
    },
    /// This user lacks a right.
    #[error("this user may not {what}; the NATS server at {host} says: {told}")]
    Denied {
        /// Where the server is.
        host: String,
        /// What was tried.
        what: String,
        /// The server's words.
        told: String,
    },
    /// The message is larger than the server takes.
    #[error("a request of {bytes} bytes: the NATS server at {host} takes at most {limit}")]
    TooLarge {
        /// Where the server is.
        host: String,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// The server did not acknowledge the message, so it may or may not stand in the log.
    #[error(
        "the NATS server at {host} did not acknowledge {what} ({why}), so it may or may not stand in the log: repeating it with \
         the same id is safe"
    )]
    NotAcknowledged {
        /// Where the server is.
        host: String,
        /// What was published.
        what: String,
        /// What happened instead.
        why: String,
    },
    /// The server did not take the message.
    #[error("the NATS server at {host} did not take {what}: {why}")]
    NotTaken {
        /// Where the server is.
        host: String,
        /// What was published.
        what: String,
        /// Its reason.
        why: String,
    },
    /// The deadline passed before the outcome was known.
    #[error(
        "no outcome of {id} of {account} within {waited:?}: what became of it is not known. Asking again with the same id is safe: \
         a request with the same id and content is carried out once"
    )]
    NoOutcome {
        /// The request's id.
        id: TransferId,
        /// Whose request it is.
        account: AccountId,
        /// How long was waited.
        waited: Duration,
    },
    /// The connection to NATS was closed.
    #[error("the connection to NATS was closed: connect again, and ask again with the same id")]
    Closed,
    /// A newer ledger tells an outcome in words that this version does not know.
    #[error("an outcome that this version does not understand: {0}")]
    Unknown(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Request(refusal)
    }
}
