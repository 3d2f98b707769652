//! Logs and counts what was decided.

use jiff::Timestamp;
use tracing::{debug, info, warn};
use wallet_contract::event::Event;
use wallet_contract::parking::Instruction;
use wallet_kernel::{Heard, Input};

use super::Context;
use crate::batch::Batch;
use crate::bus::Message;
use crate::meter::Counts;

/// Tells the operator of an instruction that was in vain.
pub(super) fn changes_nothing(message: &Message, instruction: &Instruction) {
    let (sequence, at) = (message.sequence, instruction.place.sequence);
    warn!(
        sequence,
        "instruction {sequence} changes nothing: nothing of message {at} is parked, or it still can't be read"
    );
}

/// Counts a committed batch.
pub(super) fn count<B>(
    context: &Context<B>,
    batch: &Batch<'_>,
    events: usize,
    repeats: usize,
    taken: Timestamp,
) {
    context.meter.committed(Counts {
        inputs: batch.heard.len(),
        repeats,
        events,
        parked: batch.parked.len(),
        took: (context.clock)().duration_since(taken),
    });
}

/// Each line about a flow includes its trace and transfer. At `debug`, since a busy service decides thousands a second; a parked
/// message is a warning, because someone must take a look.
pub(super) fn log(batch: &Batch<'_>, events: &[Event], repeats: &[Heard<'_>]) {
    for parked in &batch.parked {
        let (sequence, subject) = (parked.place.sequence, &parked.subject);
        warn!(
            sequence,
            subject, "parked message {sequence} on {subject}: {}", parked.detail
        );
    }
    for (_, resolved) in &batch.resolved {
        let (sequence, how) = (resolved.place.sequence, resolved.how.word());
        info!(
            sequence,
            instruction = resolved.instruction,
            "parked message {sequence} was {how}"
        );
    }
    if !tracing::enabled!(tracing::Level::DEBUG) {
        return;
    }
    for heard in repeats {
        let cause = heard.input.as_cause();
        let what = match &heard.input {
            Input::Request(request) => request.verb.token(),
            Input::Event(event) => event.fact.kind().name(),
            Input::Due(_) => "due",
        };
        debug!(trace_id = %cause.trace, transfer_id = %cause.transfer, sequence = heard.place.sequence, "{what} is already known");
    }
    for event in events {
        let (kind, cause) = (event.fact.kind(), event.cause);
        match event.fact.refusal() {
            Some(refusal) => {
                debug!(trace_id = %event.trace, transfer_id = %event.transfer, %cause, reason = %refusal.reason, "{kind}: {refusal}");
            }
            None => debug!(trace_id = %event.trace, transfer_id = %event.transfer, %cause, "{kind}"),
        }
    }
}
