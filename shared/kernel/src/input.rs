//! What a core hears.

use std::borrow::Cow;

use wallet_contract::event::{Cause, Event};
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::log::LogPlace;
use wallet_contract::request::Request;
use wallet_contract::trace::TraceId;

/// Something to decide on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// What a client asks.
    Request(Request),
    /// What a service has decided.
    Event(Event),
    /// That the time of something is up. It stands in no log: the runtime's clock says it.
    Due(Due),
}

/// Something whose time is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The transfer.
    pub transfer: TransferKey,
    /// The event that set the time: what is decided now names it as its cause.
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

/// An input with its place in the log, and its time.
#[derive(Clone, Debug)]
pub struct Heard<'m> {
    /// What was heard.
    pub input: Input,
    /// Its JSON text, as it stands in the message; of a request that is none, one that stands for it.
    pub raw: Cow<'m, str>,
    /// The message's sequence in the shard's stream.
    pub sequence: u64,
    /// Which element of the message, counted from 0.
    pub index: u32,
    /// When the message was stored in the stream, microseconds since 1970; never goes back. What the clock says, of what
    /// is due.
    pub at_us: i64,
    /// When who said it had committed it, by its clock, microseconds since 1970, if it says so.
    pub committed_us: Option<i64>,
}

impl Heard<'_> {
    /// Its place in the shard's log.
    pub fn log_place(&self) -> LogPlace {
        LogPlace::element(self.sequence, self.index)
    }
}
