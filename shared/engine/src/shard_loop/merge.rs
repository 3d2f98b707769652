//! Catching up: applies the record to the elements that it answers. Nothing is decided.
//!
//! The record lists decisions in the order of the places that they answer. An element that the record has passed without an answer
//! was handled and answered by nothing. Elements after the last recorded answer are left to `live`.
//!
//! Where the broker has lost messages, `wallet heal` has restored them after their places, causes before decisions. A decision whose
//! cause is not in its place is applied when that cause is met.

use wallet_contract::event::{Event, Fact, MessageFact, Parked, RequestFact, Resolved};
use wallet_contract::id::{EventId, TransferKey};
use wallet_contract::log::LogPlace;
use wallet_kernel::{Decider, Due, Heard, Input, Place};

use super::elements::{Element, What};
use super::record::{Ahead, Recorded};
use crate::batch::Batch;
use crate::store::{Blocked, ParkedRow};

/// An input, and the decision on it.
#[derive(Debug)]
pub(super) struct Step<'m> {
    pub(super) heard: Heard<'m>,
    /// The index of the recorded decision in [`Merged::events`].
    pub(super) answer: Option<usize>,
}

/// What the record makes of some elements.
#[derive(Debug, Default)]
pub(super) struct Merged<'m> {
    pub(super) steps: Vec<Step<'m>>,
    pub(super) parked: Vec<ParkedRow>,
    pub(super) resolved: Vec<(ParkedRow, Resolved)>,
    /// All recorded decisions, in order.
    pub(super) events: Vec<Recorded>,
}

/// Why the record can't be applied.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stopped {
    #[error("the record has an answer to {0}, which this program does not find there: {1}")]
    Unmatched(LogPlace, String),
    #[error("the record has an answer to {0}, which is neither there nor restored anywhere: {1}")]
    Astray(LogPlace, String),
    #[error("{0} was handled, and this program can't read it: {1}")]
    Unreadable(LogPlace, String),
}

impl<'m> Merged<'m> {
    fn take(&mut self, ahead: &mut Ahead) -> Option<usize> {
        self.events.extend(ahead.queue.pop_front());
        self.events.len().checked_sub(1)
    }

    /// Takes the recorded decisions that answer no element and precede `place`: deadlines.
    pub(super) fn deadlines(
        &mut self,
        ahead: &mut Ahead,
        before: LogPlace,
        at_us: i64,
    ) -> Result<(), Stopped> {
        while let Some(next) = ahead.queue.front().filter(|next| next.event.place < before) {
            let event = &next.event;
            if event.place.element.is_some() || ahead.is_kept(event.cause) {
                if !ahead.was_healed {
                    return Err(unmatched(event));
                }
                if let Some(strayed) = ahead.queue.pop_front() {
                    ahead.keep(strayed);
                }
                continue;
            }
            let heard = deadline(event, at_us);
            let answer = self.take(ahead);
            self.steps.push(Step { heard, answer });
        }
        Ok(())
    }

    /// Applies the record to an element. `blocked` are the transfers and accounts with a parked message.
    pub(super) fn element<C: Decider>(
        &mut self,
        element: Element<'m>,
        ahead: &mut Ahead,
        at_us: i64,
        place: Place,
        blocked: &mut Blocked,
    ) -> Result<(), Stopped> {
        let at = element.place;
        let next = ahead.queue.front().filter(|next| next.event.place == at);
        if let Some(parked) = next.and_then(|next| parked(&next.event)) {
            let about = element.about().filter(|_| parked.transfer.is_some());
            let row = element.parked(&parked.detail, about, at_us);
            blocked.add(Blocked::by([&row]));
            self.parked.push(row);
            self.take(ahead);
            return Ok(());
        }
        match element.what {
            What::Input(input, raw)
                if C::concerns(&input, place) || ahead.astray.contains_key(&input.as_cause().id) =>
            {
                let cause = input.as_cause().id;
                let answer = match ahead.queue.front().filter(|next| next.event.place == at) {
                    None => self.take_astray(ahead, cause),
                    Some(next) if next.event.cause == input.as_cause().id => self.take(ahead),
                    Some(next) => return Err(unmatched(&next.event)),
                };
                let heard = Heard {
                    input: *input,
                    raw,
                    place: at,
                    at_us,
                };
                self.steps.push(Step { heard, answer });
                let answer = answer.map(|index| self.events[index].event.id);
                self.deadlines_astray(ahead, answer, at_us);
                Ok(())
            }
            What::Input(..) => Ok(()),
            What::Unreadable { detail, .. } => Err(unreadable(at, &detail)),
        }
    }

    /// Takes the decision on a cause that was restored after it.
    fn take_astray(&mut self, ahead: &mut Ahead, cause: EventId) -> Option<usize> {
        let [recorded] = ahead.astray.remove(&cause)?.try_into().ok()?;
        self.events.push(recorded);
        self.events.len().checked_sub(1)
    }

    /// Takes the deadlines that were decided on a decision which has just been applied.
    fn deadlines_astray(&mut self, ahead: &mut Ahead, decision: Option<EventId>, at_us: i64) {
        let due = decision.and_then(|id| ahead.astray.remove(&id));
        for recorded in due.into_iter().flatten() {
            let heard = deadline(&recorded.event, at_us);
            let answer = Some(self.events.len());
            self.events.push(recorded);
            self.steps.push(Step { heard, answer });
        }
    }

    /// Applies the record to an instruction. `batch` is what following it means, given the rows that the record says were resolved.
    pub(super) fn instruction(&mut self, batch: Batch<'m>, answers: Vec<Recorded>) -> Result<(), Stopped> {
        let Some(last) = answers.last().map(|last| last.event.place) else {
            return Ok(());
        };
        let is_resolved = |answer: &&Recorded| resolved(&answer.event).is_some();
        let is_parked = answers.iter().any(|answer| parked(&answer.event).is_some());
        if let Some(answer) = answers.iter().filter(is_resolved).nth(batch.resolved.len()) {
            return Err(unmatched(&answer.event));
        }
        let first = self.events.len();
        for heard in batch.heard {
            let (place, cause) = (heard.place, heard.input.as_cause().id);
            // Requests that replace a message are answered one by one.
            if place > last {
                break;
            }
            let answer = answers
                .iter()
                .position(|answer| answer.event.cause == cause && !is_recall(&answer.event));
            let answer = answer.map(|index| first + index);
            self.steps.push(Step { heard, answer });
        }
        if answers.iter().any(|answer| resolved(&answer.event).is_some()) {
            self.resolved.extend(batch.resolved);
        }
        if is_parked {
            self.parked.extend(batch.parked);
        }
        self.events.extend(answers);
        Ok(())
    }
}

/// The recorded answers to a message.
pub(super) fn answers(ahead: &mut Ahead, sequence: u64) -> Vec<Recorded> {
    let mut answers = Vec::new();
    while let Some(next) = ahead
        .queue
        .pop_front_if(|next| next.event.place.sequence == sequence)
    {
        answers.push(next);
    }
    answers
}

/// The rows that the record says were resolved.
pub(super) fn those_resolved(rows: Vec<ParkedRow>, answers: &[Recorded]) -> Vec<ParkedRow> {
    let is_resolved = |row: &ParkedRow| {
        let resolved = answers.iter().filter_map(|answer| resolved(&answer.event));
        resolved.into_iter().any(|resolved| resolved.place == row.place)
    };
    rows.into_iter().filter(is_resolved).collect()
}

/// The resolution that an event reports.
fn resolved(event: &Event) -> Option<&Resolved> {
    match &event.fact {
        Fact::Message(MessageFact::MessageResolved(resolved)) => Some(resolved),
        Fact::Message(MessageFact::MessageParked(_))
        | Fact::Account(..)
        | Fact::Movement(..)
        | Fact::Request(..) => None,
    }
}

/// The parked message that an event reports.
fn parked(event: &Event) -> Option<&Parked> {
    match &event.fact {
        Fact::Message(MessageFact::MessageParked(parked)) => Some(parked),
        Fact::Message(MessageFact::MessageResolved(_))
        | Fact::Account(..)
        | Fact::Movement(..)
        | Fact::Request(..) => None,
    }
}

/// Whether an event stands for a request: it has the same cause as the decision on it.
pub(super) fn is_recall(event: &Event) -> bool {
    matches!(event.fact, Fact::Request(_, RequestFact::RequestRecalled(..)))
}

/// The deadline that an event was decided on.
fn deadline(event: &Event, at_us: i64) -> Heard<'static> {
    let due = Due {
        transfer: TransferKey {
            id: event.transfer,
            payer: event.fact.account(),
        },
        event: event.cause,
        trace: event.trace,
    };
    Heard {
        input: Input::Due(due),
        raw: "".into(),
        place: event.place,
        at_us,
    }
}

/// At its end, nothing may be left of the record. A parked message that was lost can't be restored, and is given up.
pub(super) fn applied_all(ahead: &Ahead) -> Result<(), Stopped> {
    let mut left = ahead.queue.iter().chain(ahead.astray.values().flatten());
    match left.find(|left| !matches!(left.event.fact, Fact::Message(_))) {
        Some(left) => Err(Stopped::Astray(
            left.event.place,
            left.event.fact.kind().name().to_owned(),
        )),
        None => Ok(()),
    }
}

fn unmatched(event: &Event) -> Stopped {
    Stopped::Unmatched(event.place, event.fact.kind().name().to_owned())
}

fn unreadable(place: LogPlace, detail: &str) -> Stopped {
    Stopped::Unreadable(place, detail.to_owned())
}
