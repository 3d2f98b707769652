//! The inputs of a core.

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
    /// An event: the decision of a service.
    Event(Event),
    /// A deadline that has passed. It does not come from the log; the loop supplies it, by the log's time.
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
    /// The input as the cause of a decision. Its id is what the inbox stores.
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

/// An input, with its position in the log and its time.
#[derive(Clone, Debug)]
pub struct Heard<'m> {
    /// The input.
    pub input: Input,
    /// Its JSON text exactly as in the message; for a request that is not JSON, the stand-in.
    pub raw: Cow<'m, str>,
    /// Its position in the shard's log.
    pub place: LogPlace,
    /// When the message was stored in the stream, microseconds since 1970; never decreases. For a deadline, the log's time when it was found due.
    pub at_us: i64,
}
