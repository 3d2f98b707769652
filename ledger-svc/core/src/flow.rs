//! The head of a flow: how it began, how it stands, how it ended.

use wallet_contract::event::Movement;
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::log::LogPlace;
use wallet_contract::reason::Refusal;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;

use crate::answers::Asked;

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
    pub no: LogPlace,
}

/// Which flow: one id may name a transfer, and apart from it an operator's request. See [`Verb::flow`].
pub type FlowKey = (TransferKey, Verb);

/// The head of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// How it began.
    pub start: Start,
    /// How it stands.
    pub status: Status,
    /// What confirmed or cancelled its reservation: a request; or the promise, if the reserve said so from the start. The first
    /// that was heard of.
    pub ordered: Option<EventId>,
    /// How much moves, if it is not what was asked, minor units; not known while a confirm waits for the promise.
    pub captured: Option<i64>,
    /// When its reservation was promised, microseconds: from then on it waits for its payer, and nobody is slow.
    pub promised_us: Option<i64>,
    /// For how long it then waited, microseconds.
    pub held_us: Option<i64>,
    /// Why it ended, if not well.
    pub refusal: Option<Refusal>,
    /// When its end was decided, microseconds.
    pub ended_us: Option<i64>,
}

impl Flow {
    /// A flow that has begun.
    pub fn begun(start: Start) -> Self {
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

    /// Who asked for it.
    pub fn asked(&self) -> Asked {
        Asked {
            verb: self.start.verb,
            request: self.start.request,
            ordered: self.ordered,
        }
    }

    /// Its reservation is promised, and waits for its payer unless the payer's word stood in the log before.
    pub(crate) fn promise(&mut self, at_us: i64) {
        if self.status == Status::Running {
            self.status = Status::Reserved;
            self.promised_us = Some(at_us);
        }
    }

    /// Its payer's word was followed, or waits for the promise.
    pub(crate) fn order(&mut self, by: EventId, captured: Option<i64>) {
        self.ordered.get_or_insert(by);
        self.captured = captured.or(self.captured);
    }

    /// Its reservation no longer waits for its payer.
    pub(crate) fn wait_until(&mut self, until_us: Option<i64>) {
        let held = until_us
            .zip(self.promised_us)
            .map(|(until_us, from_us)| until_us.saturating_sub(from_us));
        self.held_us = held.or(self.held_us);
    }

    /// It has ended; the first end counts.
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
