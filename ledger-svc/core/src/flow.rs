//! The head of a flow: its beginning, its status and its end.

use wallet_contract::event::Movement;
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::log::LogPlace;
use wallet_contract::reason::Refusal;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;

/// The beginning of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The verb of the request.
    pub verb: Verb,
    /// The request.
    pub request: EventId,
    /// The movement, if the request is a valid transfer.
    pub movement: Option<Movement>,
    /// The trace.
    pub trace: TraceId,
    /// When the log stored the request, in microseconds.
    pub at_us: i64,
    /// The place of the request in the log.
    pub no: LogPlace,
}

/// The key of a flow. One id may name both a transfer and an operator's request, which are two flows. See [`Verb::flow`].
pub type FlowKey = (TransferKey, Verb);

/// The head of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its beginning.
    pub start: Start,
    /// Its status.
    pub status: Status,
    /// The cause of its confirmation or cancellation: a request, or the promise if the reserve had `auto_confirm`. The first one
    /// heard.
    pub ordered: Option<EventId>,
    /// How much moves, in minor units, if that differs from the requested amount; unknown while a confirm waits for the promise.
    pub captured: Option<i64>,
    /// When the reservation was promised, in microseconds. From then on it waits for its payer, which counts as nobody's delay.
    pub promised_us: Option<i64>,
    /// How long it then waited, in microseconds.
    pub held_us: Option<i64>,
    /// Why it failed, if it did.
    pub refusal: Option<Refusal>,
    /// When its end was decided, in microseconds.
    pub ended_us: Option<i64>,
}

/// The requests that led to a flow's status, as stored in its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstRequest {
    /// The verb of the request that began it.
    pub verb: Verb,
    /// That request.
    pub request: EventId,
    /// The cause of its confirmation or cancellation: a request, or the promise if the reserve had `auto_confirm`.
    pub ordered: Option<EventId>,
}

impl Flow {
    /// A new flow.
    pub fn started(start: Start) -> Self {
        Self {
            start,
            status: Status::Running,
            ordered: None,
            captured: None,
            promised_us: None,
            held_us: None,
            refusal: None,
            ended_us: None,
        }
    }

    /// The requests that led to its status.
    pub fn first_request(&self) -> FirstRequest {
        FirstRequest {
            verb: self.start.verb,
            request: self.start.request,
            ordered: self.ordered,
        }
    }

    /// Records the promise: the flow now waits for its payer, unless the payer's confirm or cancel came earlier in the log.
    pub(crate) fn promise(&mut self, at_us: i64) {
        if self.status == Status::Running {
            self.status = Status::Reserved;
            self.promised_us = Some(at_us);
        }
    }

    /// Records a confirm or cancel, which took effect or waits for the promise.
    pub(crate) fn order(&mut self, by: EventId, captured: Option<i64>) {
        self.ordered.get_or_insert(by);
        self.captured = captured.or(self.captured);
    }

    /// Ends the wait for the payer.
    pub(crate) fn wait_until(&mut self, until_us: Option<i64>) {
        let held = until_us
            .zip(self.promised_us)
            .map(|(until_us, from_us)| until_us.saturating_sub(from_us));
        self.held_us = held.or(self.held_us);
    }

    /// Ends the flow. Only the first end counts.
    pub(crate) fn end(
        &mut self,
        status: Status,
        captured: Option<i64>,
        refusal: Option<Refusal>,
        at_us: i64,
    ) {
        if self.ended_us.is_none() {
            self.status = status;
            self.captured = captured.or(self.captured);
            self.refusal = refusal;
            self.ended_us = Some(at_us);
        }
    }
}
