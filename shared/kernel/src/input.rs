//! What a core hears.

use std::borrow::Cow;

use wallet_contract::event::{Cause, Event};
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::log::LogPlace;
use wallet_contract::request::Request;
use wallet_contract::trace::TraceId;

/// An input that a core decides on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A client's request.
    Request(Request),
    /// An event: a service's decision.
    Event(Event),
    /// A deadline that has passed. It is not in the log; it comes from the loop's clock.
    Due(Due),
}

/// A deadline that has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The transfer.
    pub transfer: TransferKey,
    /// The event that set the deadline; the decision names it as its cause.
    pub event: EventId,
    /// The flow's trace.
    pub trace: TraceId,
}

impl Input {
    /// The input as the cause of a decision; its id is what the inbox remembers.
    pub fn as_cause(&self) -> Cause {
        match self {
            Self::Request(request) => Cause {
                id: request.id,
                transfer: request.transfer,
                trace: request.trace,
            },
            Self::Event(event) => event.as_cause(),
            Self::Due(due) => Cause {
                id: due.event,
                transfer: due.transfer.id,
                trace: due.trace,
            },
        }
    }
}

/// An input, with its place in the log and its time.
#[derive(Clone, Debug)]
pub struct Heard<'m> {
    /// The input.
    pub input: Input,
    /// Its JSON text as it stands in the message; for a request that is not JSON, the stand-in.
    pub raw: Cow<'m, str>,
    /// The message's sequence in the shard's stream.
    pub sequence: u64,
    /// Which element of the message, counted from 0.
    pub index: u32,
    /// When the message was stored in the stream, microseconds since 1970; never goes back. For a deadline, the time by the clock.
    pub at_us: i64,
    /// When its publisher committed it, by the publisher's clock, microseconds since 1970, if the message says so.
    pub committed_us: Option<i64>,
}

impl Heard<'_> {
    /// Its place in the shard's log.
    pub fn log_place(&self) -> LogPlace {
        LogPlace::element(self.sequence, self.index)
    }
}
