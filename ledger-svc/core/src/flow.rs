//! The head of a flow: how it began, how it stands, how it ended.

use wallet_contract::event::Movement;
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::reason::Refusal;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;

use crate::booking::LogNo;

/// How a flow began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// What was asked.
    pub verb: Verb,
    /// The request.
    pub request: EventId,
    /// The movement, of a sound transfer.
    pub movement: Option<Movement>,
    /// The trace.
    pub trace: TraceId,
    /// When the request was stored in the log, microseconds.
    pub at_us: i64,
    /// Where it stands there.
    pub no: LogNo,
}

/// How a flow ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The final status.
    pub status: Status,
    /// Whether it most likely stood as reserved.
    pub reserved: bool,
    /// How much moved, if it is not what was asked, minor units.
    pub captured: Option<i64>,
    /// Why, if not well.
    pub refusal: Option<Refusal>,
    /// When that was decided, microseconds.
    pub at_us: i64,
}

/// Which flow: one id may name a transfer, and apart from it an operator's request. See [`Verb::flow`].
pub type FlowKey = (TransferKey, Verb);

/// What a batch learnt of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Its beginning, if it was in this batch.
    pub start: Option<Start>,
    /// How it stands after this batch, if that has changed and it has not ended: promised, it waits for its payer; confirmed,
    /// it goes on.
    pub now: Option<Status>,
    /// The payer's word on its reservation, if it was in this batch.
    pub order: Option<Order>,
    /// When its reservation waited for that word, as far as this batch tells.
    pub held: Held,
    /// Its end, if it was in this batch.
    pub end: Option<End>,
}

/// A reservation's wait for its payer: nobody is slow for so long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// When its promise stood in the log, microseconds.
    pub from_us: Option<i64>,
    /// What ended it.
    pub until: Option<Until>,
}

/// What ends a reservation's wait for its payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// What it was paid or released for: the payer's request; or the promise, if that request stood there before it.
    Word(EventId),
    /// That its time was up, which debit-svc noticed then, microseconds.
    Due(i64),
}

/// The payer's word on a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// What confirmed or cancelled it: a request; or the promise, if the reserve said so from the start. A flow keeps the first
    /// that it learns of.
    pub by: EventId,
    /// How much is captured, if it is not all, minor units; not known while the confirm waits for the promise.
    pub captured: Option<i64>,
}

impl Order {
    /// What is known after an earlier word and this one.
    #[must_use]
    pub fn after(self, earlier: Option<Self>) -> Self {
        Self {
            by: earlier.map_or(self.by, |earlier| earlier.by),
            captured: self.captured.or(earlier.and_then(|earlier| earlier.captured)),
        }
    }
}
