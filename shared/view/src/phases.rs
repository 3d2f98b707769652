//! Which cells of the phase table a flow went through, played from its events by debit-svc's own rules.

use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact, Failure, MovementFact, RequestFact};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::Transfer;
pub use wallet_kernel::phase::Phase;
use wallet_kernel::phase::{Rule, Signal, rule};

use crate::flow::Flow;
use crate::steps::Step;

/// Something that was heard, in the phase in which it was heard, and what that made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The step that was heard; of the clock, the step that it led to.
    pub step: usize,
    /// How far the transfer had come; nothing if it was unknown.
    pub before: Option<Phase>,
    /// What was heard.
    pub signal: Signal,
    /// What the table says to that.
    pub rule: Rule,
    /// How far it has come then.
    pub after: Option<Phase>,
}

/// The cells, in the order of the log. Nothing of an operator's request: it has no phases.
pub fn of(flow: &Flow, steps: &[Step]) -> Vec<Visit> {
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|index| steps[*index].event);
    let mut play = Play {
        flow,
        steps,
        transfer: None,
        visits: Vec::new(),
    };
    for index in order {
        play.hear(index);
    }
    play.visits
}

struct Play<'f> {
    flow: &'f Flow,
    steps: &'f [Step],
    transfer: Option<Transfer>,
    visits: Vec<Visit>,
}

impl Play<'_> {
    fn hear(&mut self, index: usize) {
        let step = &self.steps[index];
        let signal = match (step.content.verb(), step.content.fact()) {
            (Some(verb), _) => Signal::of_verb(verb),
            (None, Some(Fact::Request(_, RequestFact::RequestRecalled(verb, ..)))) => Signal::of_verb(*verb),
            (None, Some(Fact::Movement(_, MovementFact::ReservationReleased(Failure::Expired, _)))) => {
                Some(Signal::Due)
            }
            (None, Some(fact)) => Signal::of_fact(fact),
            (None, None) => None,
        };
        let Some(signal) = signal else { return };
        let before = self.phase();
        if signal != Signal::Due {
            self.take(index);
        }
        // debit-svc decides when it hears, however late its word stands in the log.
        if let Some(decision) = self.decided_on(index, signal) {
            self.take(decision);
        }
        self.visits.push(Visit {
            step: index,
            before,
            signal,
            rule: rule(before, signal),
            after: self.phase(),
        });
    }

    fn phase(&self) -> Option<Phase> {
        self.transfer.as_ref().map(|transfer| transfer.phase)
    }

    /// What debit-svc said to a step.
    fn decided_on(&self, index: usize, signal: Signal) -> Option<usize> {
        if signal == Signal::Due {
            return Some(index);
        }
        let by_debit = |step: &Step| step.lane.name() == Service::Debit.name();
        let not_due = |step: &Step| {
            !matches!(
                step.content.fact(),
                Some(Fact::Movement(
                    _,
                    MovementFact::ReservationReleased(Failure::Expired, _)
                ))
            )
        };
        let answers = |(_, step): &(usize, &Step)| {
            step.parent == Some(index) && by_debit(step) && not_due(step) && step.content.verb().is_none()
        };
        self.steps
            .iter()
            .enumerate()
            .find(answers)
            .map(|(index, _)| index)
    }

    fn take(&mut self, index: usize) {
        let event = &self.flow.events[self.steps[index].event];
        let at_us = event.recorded_us();
        let Ok(event) = envelope::read(event.body.get()) else {
            return;
        };
        match &mut self.transfer {
            Some(transfer) => transfer.take(&event, at_us),
            None => self.transfer = begun_by(&event, at_us),
        }
    }
}

/// The row that debit-svc's first decision makes; what another service says begins none.
fn begun_by(event: &Event, at_us: i64) -> Option<Transfer> {
    let by_debit = event.source.service == Service::Debit;
    by_debit.then(|| Transfer::begun_by(event, at_us)).flatten()
}

/// Whether a flow has phases.
pub fn has_phases(flow: &Flow) -> bool {
    flow.asked().is_some_and(|verb| verb.flow() == Verb::Transfer)
}
