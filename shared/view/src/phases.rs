//! The cells of the phase table that a flow went through, replayed from its events by debit-svc's own rules.

use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact, Failure, MovementFact, RequestFact};
use wallet_contract::subject::{Service, Verb};
use wallet_kernel::Transfer;
pub use wallet_kernel::phase::Phase;
use wallet_kernel::phase::{Rule, Signal, rule};

use crate::flow::Flow;
use crate::steps::Step;

/// A signal, the phase in which it was heard, and the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The step that was heard; for the clock, the step that it led to.
    pub step: usize,
    /// The transfer's phase before; none if it was unknown.
    pub before: Option<Phase>,
    /// The signal.
    pub signal: Signal,
    /// The table's rule for it.
    pub rule: Rule,
    /// The phase after.
    pub after: Option<Phase>,
}

/// The visited cells in log order. Empty for an operator's request, which has no phases.
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
        // debit-svc decides when it hears the signal, however late the decision is stored in the log.
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

    /// debit-svc's decision on a step.
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
            None => self.transfer = started_by(&event, at_us),
        }
    }
}

/// The row that debit-svc's first decision creates; no other service's event creates one.
fn started_by(event: &Event, at_us: i64) -> Option<Transfer> {
    let by_debit = event.source.service == Service::Debit;
    by_debit.then(|| Transfer::started_by(event, at_us)).flatten()
}

/// Whether a flow has phases.
pub fn has_phases(flow: &Flow) -> bool {
    flow.first_verb()
        .is_some_and(|verb| verb.flow() == Verb::Transfer)
}
