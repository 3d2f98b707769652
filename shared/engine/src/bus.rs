//! What the loop needs of a log.

use std::future::Future;

use bytes::Bytes;
use jiff::Timestamp;
use wallet_contract::shard::Shard;

/// A message as it stands in a shard's stream.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub payload: Bytes,
    /// Its place in the stream, counted from 1, without gaps.
    pub sequence: u64,
    /// When the server stored it, microseconds since 1970.
    pub at_us: i64,
    /// The trace in its headers: see [`wallet_contract::headers`].
    pub traceparent: Option<String>,
    /// The id of the event that its headers say it is.
    pub event_id: Option<String>,
    /// When a service had committed what this says, by its clock, microseconds since 1970: the `wallet-committed` header.
    pub committed_us: Option<i64>,
}

impl Message {
    /// How much work it is, in bytes of what it leads to: a request is about a quarter of the event that it becomes.
    pub fn weight(&self) -> usize {
        let is_event = self.subject.split('.').nth(2) == Some("evt");
        self.payload.len().saturating_mul(if is_event { 1 } else { 4 })
    }
}

/// Something for whoever listens right now; nothing is lost if nobody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub payload: String,
}

/// How far a service has read a shard's stream, and what it must still find there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The sequence of the last message that it has handled.
    pub position: u64,
    /// When that message was stored, or one before it that was stored later, microseconds since 1970.
    pub at_us: i64,
    /// From where on the stream must hold every message: see `Progress::whole_from`.
    pub whole_from: u64,
}

/// Where a log ends, and what time it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The sequence of its last message.
    pub sequence: u64,
    /// What the clock of its server shows, by which it stores messages, microseconds since 1970.
    pub clock_us: i64,
}

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not reachable, or it refused.
    #[error("NATS: {0}")]
    Nats(String),
    /// The server or a stream is not as it must be.
    #[error("{0}")]
    Unfit(String),
    /// The stream has lost messages.
    #[error(
        "stream {stream} {how}: it has lost data; nothing is changed until `wallet heal` has put it back"
    )]
    LostData {
        /// The stream.
        stream: String,
        /// How we know.
        how: Loss,
    },
    /// The next message is not the one behind the last: read again from the position.
    #[error("stream {stream} went on at {got} instead of {expected}")]
    Gap {
        /// The stream.
        stream: String,
        /// The sequence that should have come.
        expected: u64,
        /// The one that came.
        got: u64,
    },
}

/// How a stream shows that it has lost messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// It is not there any more.
    #[error("is gone, and we have read it up to {position}")]
    Gone {
        /// How far we have read it.
        position: u64,
    },
    /// It ends too early, or begins too late.
    #[error("holds {first} to {last}, and we have read it up to {position}")]
    Short {
        /// Where it begins.
        first: u64,
        /// Where it ends.
        last: u64,
        /// How far we have read it.
        position: u64,
    },
    /// Messages are gone from its front or its middle.
    #[error("lacks {missing} of its messages from {from} on (it holds {first} to {last})")]
    Missing {
        /// How many are gone.
        missing: u64,
        /// From where on it must hold every message.
        from: u64,
        /// Where it begins.
        first: u64,
        /// Where it ends.
        last: u64,
    },
    /// It went on after the loss: where our last message stood, there is a later one.
    #[error("has another message at our position {position}, stored later than what we have read there")]
    Other {
        /// How far we have read it.
        position: u64,
    },
}

/// Reads one shard's stream, in order.
pub trait Reader: Send {
    /// Waits for a message, then takes all that are there, up to about `max_weight`. The loop leaves off waiting several times a
    /// second and begins again.
    fn take(&mut self, max_weight: usize) -> impl Future<Output = Result<Vec<Message>, Error>> + Send;
}

/// The log.
pub trait Bus: Send + Sync + 'static {
    /// Reads one shard's stream.
    type Reader: Reader;

    /// Checks that `shard`'s stream is as it must be and holds what is known of it: the message at the position was stored then
    /// or before. At position 0 the stream is made if it is not there.
    fn ready(&self, shard: Shard, known: Known) -> impl Future<Output = Result<(), Error>> + Send;

    /// Checks that `shard`'s stream is as it must be, and holds every message from `whole_from` on.
    fn check(&self, shard: Shard, whole_from: u64) -> impl Future<Output = Result<(), Error>> + Send;

    /// Reads `shard`'s stream behind `position`.
    fn read(&self, shard: Shard, position: u64) -> impl Future<Output = Result<Self::Reader, Error>> + Send;

    /// Where `shard`'s stream ends and what time it is there. An answer that does not come soon is an error: the loop waits for it.
    fn head(&self, shard: Shard) -> impl Future<Output = Result<Head, Error>> + Send;

    /// Publishes one envelope and waits until it is durable. It says when its events were committed, if that is known.
    fn publish(
        &self,
        subject: String,
        payload: Bytes,
        committed: Option<Timestamp>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Tells whoever listens.
    fn tell(&self, notice: Notice) -> impl Future<Output = Result<(), Error>> + Send;
}
