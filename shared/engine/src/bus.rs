//! The log, as the loop requires it.

use std::future::Future;

use bytes::Bytes;
use wallet_contract::shard::Shard;
use wallet_contract::subject::is_a_services;

/// A message of a shard's stream.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub payload: Bytes,
    /// Its sequence in the stream, from 1, without gaps.
    pub sequence: u64,
    /// When the server stored it, microseconds since 1970.
    pub at_us: i64,
    /// The trace in its headers: see [`wallet_contract::headers`].
    pub traceparent: Option<String>,
    /// The event id in its headers.
    pub event_id: Option<String>,
    /// The tenure that wrote it: an instance of a service, and a number. Messages without one are not the services' own, whatever their
    /// subject: a client can make the server store an acknowledgement anywhere, but not with headers.
    pub writer: Option<String>,
}

impl Message {
    /// The amount of work, in bytes of the resulting event: a request is about a quarter of its event's size.
    pub fn weight(&self) -> usize {
        self.payload
            .len()
            .saturating_mul(if is_a_services(&self.subject) { 1 } else { 4 })
    }
}

/// A message for a subject with one writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The shard whose log is to hold it.
    pub shard: Shard,
    /// Its subject.
    pub subject: String,
    /// Its body: an envelope.
    pub payload: Bytes,
    /// The tenure that writes it: see [`Message::writer`].
    pub writer: String,
    /// The sequence of the last message on the subject, or 0: the message is refused if that is another one.
    pub after: u64,
}

/// A message to the current subscribers. If there are none, nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub payload: String,
}

/// How far a service has read a shard's stream, and which messages the stream must still hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The sequence of the last message that it has handled.
    pub position: u64,
    /// When that message was stored, microseconds since 1970; if an earlier message was stored later, that one's time.
    pub at_us: i64,
    /// The sequence from which the stream must hold every message: see `Progress::whole_from`.
    pub whole_from: u64,
}

/// The end of a log, and the server's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The sequence of its last message.
    pub sequence: u64,
    /// The clock of the server, which stamps messages, microseconds since 1970.
    pub clock_us: i64,
}

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server could not be reached, or refused.
    #[error("NATS: {0}")]
    Nats(String),
    /// The server or a stream does not have the required settings.
    #[error("{0}")]
    Unfit(String),
    /// The stream has lost messages.
    #[error(
        "stream {stream} {how}: it has lost data; nothing is changed until `wallet heal` has restored it"
    )]
    LostData {
        /// The stream.
        stream: String,
        /// The evidence.
        how: Loss,
    },
    /// The next message does not follow the last one. The log must be read again from the position.
    #[error("stream {stream} continued at {got} instead of {expected}")]
    Gap {
        /// The stream.
        stream: String,
        /// The sequence that was expected.
        expected: u64,
        /// The sequence that arrived.
        got: u64,
    },
}

/// The evidence that a stream has lost messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Loss {
    /// It no longer exists.
    #[error("is gone, although it was read up to {position}")]
    Gone {
        /// How far we have read it.
        position: u64,
    },
    /// It ends too early, or begins too late.
    #[error("holds {first} to {last}, although it was read up to {position}")]
    Short {
        /// Where it begins.
        first: u64,
        /// Where it ends.
        last: u64,
        /// How far we have read it.
        position: u64,
    },
    /// Messages at its front or in its middle are missing.
    #[error("lacks {missing} of its messages from {from} on (it holds {first} to {last})")]
    Missing {
        /// How many are missing.
        missing: u64,
        /// The sequence from which the stream must hold every message.
        from: u64,
        /// Where it begins.
        first: u64,
        /// Where it ends.
        last: u64,
    },
    /// It lacks an event of ours that another shard's log has.
    #[error("lacks an event that the log of shard {shard} has (message {sequence})")]
    Copied {
        /// The other shard.
        shard: Shard,
        /// The message there.
        sequence: u64,
    },
    /// The stream continued after the loss: the message at our position was stored later than the one we read there.
    #[error("has a different message at position {position}, stored later than the one that was read there")]
    Other {
        /// How far we have read it.
        position: u64,
    },
}

/// Reads one shard's stream, in order.
pub trait Reader: Send {
    /// Waits for a message, then takes all available messages, up to about `max_weight`. The loop drops this future and calls it again
    /// several times a second.
    fn take(&mut self, max_weight: usize) -> impl Future<Output = Result<Vec<Message>, Error>> + Send;
}

/// The log.
pub trait Bus: Send + Sync + 'static {
    /// Reads one shard's stream.
    type Reader: Reader;

    /// Checks that `shard`'s stream has the required settings and holds the known messages: the one at the position must have been
    /// stored at the known time or earlier. At position 0 a missing stream is created.
    fn ready(&self, shard: Shard, known: Known) -> impl Future<Output = Result<(), Error>> + Send;

    /// Checks that `shard`'s stream has the required settings, and holds every message from `whole_from` on.
    fn check(&self, shard: Shard, whole_from: u64) -> impl Future<Output = Result<(), Error>> + Send;

    /// Reads `shard`'s stream from the message after `position`.
    fn read(&self, shard: Shard, position: u64) -> impl Future<Output = Result<Self::Reader, Error>> + Send;

    /// The end of `shard`'s stream, and the server's time. A slow answer is an error, because the loop waits for it.
    fn head(&self, shard: Shard) -> impl Future<Output = Result<Head, Error>> + Send;

    /// Appends a message and waits until it is durable. Returns its sequence, or `None` if it was refused because of `after`. After an
    /// error its fate is open: it may be stored, or be stored later.
    fn append(&self, message: &Append) -> impl Future<Output = Result<Option<u64>, Error>> + Send;

    /// The messages on a subject after a sequence, up to and including another, at most about `max_weight` of them, in order.
    fn on(
        &self,
        shard: Shard,
        subject: &str,
        after: u64,
        until: u64,
        max_weight: usize,
    ) -> impl Future<Output = Result<Vec<Message>, Error>> + Send;

    /// The sequence of the last message on a subject, or 0; and the last one that has a writer.
    fn last(
        &self,
        shard: Shard,
        subject: &str,
    ) -> impl Future<Output = Result<(u64, Option<Message>), Error>> + Send;

    /// Sends a notice to current subscribers.
    fn notify(&self, notice: Notice) -> impl Future<Output = Result<(), Error>> + Send;
}
