//! Errors between a caller and the wallet. A refusal is not an error: it is an [`Outcome`](crate::Outcome).

use std::fmt;
use std::time::Duration;

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::reason::Refusal;

/// An address, a token or a setting that is invalid, whatever the wallet's state. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidInput(String);

impl InvalidInput {
    /// The invalid value, what is wrong with it, and what would be valid.
    pub fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// Why there is no outcome. Each variant says what was wrong, with which value, and what to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An address or a setting is invalid.
    #[error(transparent)]
    Input(#[from] InvalidInput),
    /// The services would refuse this request whatever the balances, so it was not sent.
    #[error("{0}")]
    Request(Refusal),
    /// No NATS server is reachable, or it does not meet the wallet's requirements.
    #[error("{0}")]
    Server(String),
    /// The NATS server has no wallet streams.
    #[error(
        "there is no wallet on the NATS server at {host}: start the services (`wallet up`), which create the streams"
    )]
    NoWallet {
        /// The server's address.
        host: String,
    },
    /// The streams exist, but can't be read or are not a wallet's.
    #[error("{0}")]
    Stream(String),
    /// No stream accepts the message.
    #[error(
        "no stream on the NATS server at {host} accepts {what}: are the services running? `wallet doctor` says what is missing"
    )]
    NoStream {
        /// The server's address.
        host: String,
        /// What was to be published.
        what: String,
    },
    /// This user lacks a permission.
    #[error("this user may not {what}; the NATS server at {host} says: {reason}")]
    Denied {
        /// The server's address.
        host: String,
        /// The attempted operation.
        what: String,
        /// The server's message.
        reason: String,
    },
    /// The message exceeds the server's limit.
    #[error("a request of {bytes} bytes: the NATS server at {host} accepts at most {limit}")]
    TooLarge {
        /// The server's address.
        host: String,
        /// The message's size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The server did not acknowledge the message, so it may or may not be in the log.
    #[error(
        "the NATS server at {host} did not acknowledge {what} ({why}), so it may or may not be in the log: repeating it \
         with the same id is safe"
    )]
    NotAcknowledged {
        /// The server's address.
        host: String,
        /// What was published.
        what: String,
        /// What happened instead.
        why: String,
    },
    /// The server rejected the message.
    #[error("the NATS server at {host} did not accept {what}: {why}")]
    NotTaken {
        /// The server's address.
        host: String,
        /// What was published.
        what: String,
        /// The server's reason.
        why: String,
    },
    /// The deadline passed before the outcome was known.
    #[error(
        "no outcome for {id} of {account} within {waited:?}: it may or may not have been carried out. Retrying with the same id is safe: \
         a request with the same id and content is carried out once"
    )]
    NoOutcome {
        /// The request's id.
        id: TransferId,
        /// The account that made it.
        account: AccountId,
        /// How long the caller waited.
        waited: Duration,
    },
    /// The connection to NATS was closed.
    #[error("the connection to NATS was closed: reconnect, and retry with the same id")]
    Closed,
    /// A newer ledger sent an outcome that this version can't parse.
    #[error("an outcome that this version does not understand: {0}")]
    Unknown(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Request(refusal)
    }
}
