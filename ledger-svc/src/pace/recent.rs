//! The flows in progress: when each began, and its last steps. Bounded: the oldest are forgotten.

#![expect(
    clippy::disallowed_types,
    reason = "rows are looked up by their keys, and never gone through"
)]

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use wallet_contract::id::{AccountId, EventId, TransferId};

/// How many flows a generation holds. Each shard has two generations: at most 6 MiB.
const GENERATION: usize = 32 * 1024;
/// How many steps of a flow are remembered. The next step is caused by one of the last two: an expiry by `funds.reserved`, which
/// `credit.promised` may follow.
const STEPS: usize = 2;

/// A flow as a hash of its key: the key would be twice as large, and a collision costs one wrong time.
type FlowHash = u64;

#[derive(Clone, Copy, Debug)]
struct Flow {
    /// When it began; `None` if that was not heard, or if the time for which it was held is not known.
    began_us: Option<i64>,
    /// When the log stored the promise of a reservation.
    promised_us: Option<i64>,
    /// How long it then waited for its payer.
    held_us: i64,
    /// The hash half of each id, and when the log stored it; newest first.
    steps: [(u64, i64); STEPS],
}

/// The flows in progress, in two generations: when the young one is full it becomes the old one, and the old one is forgotten.
#[derive(Debug, Default)]
pub(super) struct Recent {
    young: HashMap<FlowHash, Flow>,
    old: HashMap<FlowHash, Flow>,
}

pub(super) fn flow(transfer: TransferId, account: &AccountId) -> FlowHash {
    let mut hash = DefaultHasher::new();
    (transfer, account).hash(&mut hash);
    hash.finish()
}

/// The hash half of an id.
fn half(id: EventId) -> u64 {
    id.0.as_u64_pair().1
}

impl Recent {
    /// Records a request that begins its flow, unless another has begun it.
    pub(super) fn begin(&mut self, flow: FlowHash, id: EventId, at_us: i64) {
        self.ask(flow, id, at_us, Some(at_us));
    }

    /// Records a request that continues its flow, which may have started long ago.
    pub(super) fn go_on(&mut self, flow: FlowHash, id: EventId, at_us: i64) {
        self.ask(flow, id, at_us, None);
    }

    fn ask(&mut self, flow: FlowHash, id: EventId, at_us: i64, began_us: Option<i64>) {
        let step = (half(id), at_us);
        if let Some(known) = self.find(flow) {
            known.push(step);
            return;
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        let started = Flow {
            began_us,
            promised_us: None,
            held_us: 0,
            steps: [step, (0, 0)],
        };
        self.young.insert(flow, started);
    }

    /// Records a step of a flow. Returns when the log stored its cause, if known.
    pub(super) fn step(&mut self, flow: FlowHash, cause: EventId, id: EventId, at_us: i64) -> Option<i64> {
        let known = self.find(flow)?;
        let caused = known.steps.iter().find(|(step, _)| *step == half(cause));
        let caused_us = caused.map(|(_, at_us)| *at_us);
        known.push((half(id), at_us));
        caused_us
    }

    /// The reservation waits for its payer from now on.
    pub(super) fn wait(&mut self, flow: FlowHash, at_us: i64) {
        if let Some(known) = self.find(flow) {
            known.promised_us = Some(at_us);
        }
    }

    /// The wait is over: it lasted until the payer's request was in the log, or until the time was up; `None` if that is not known.
    pub(super) fn waited(&mut self, flow: FlowHash, until_us: Option<i64>) {
        if let Some(known) = self.find(flow) {
            match (known.promised_us, until_us) {
                (Some(promised_us), Some(until_us)) => {
                    known.held_us = until_us.saturating_sub(promised_us).max(0);
                }
                (Some(_), None) => known.began_us = None,
                (None, _) => {}
            }
        }
    }

    /// When a flow began and ended, if known, without the time for which it waited for its payer.
    pub(super) fn took(&mut self, flow: FlowHash, ended_us: i64) -> Option<(i64, i64)> {
        let known = self.find(flow)?;
        Some((known.began_us?, ended_us.saturating_sub(known.held_us)))
    }

    /// Forgets a flow that is complete.
    pub(super) fn forget(&mut self, flow: FlowHash) {
        if self.young.remove(&flow).is_none() {
            self.old.remove(&flow);
        }
    }

    fn find(&mut self, flow: FlowHash) -> Option<&mut Flow> {
        let known = self.young.get_mut(&flow);
        known.or_else(|| self.old.get_mut(&flow))
    }
}

impl Flow {
    fn push(&mut self, step: (u64, i64)) {
        self.steps = [step, self.steps[0]];
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u64) -> EventId {
        EventId(Uuid::from_u64_pair(7, number))
    }

    #[test]
    fn a_step_is_timed_from_its_cause_and_a_flow_from_its_request() {
        let mut recent = Recent::default();
        recent.begin(1, id(1), 100);
        assert_eq!(recent.step(1, id(1), id(2), 150), Some(100));
        assert_eq!(recent.step(1, id(2), id(3), 170), Some(150));
        // An expiry is caused by the step before the last.
        assert_eq!(recent.step(1, id(2), id(4), 900), Some(150));
        assert_eq!(recent.step(1, id(1), id(5), 901), None, "too long ago");
        assert_eq!(recent.took(1, 901), Some((100, 901)));
        recent.go_on(1, id(6), 1_000);
        assert_eq!(
            recent.took(1, 1_001),
            Some((100, 1_001)),
            "a confirm goes on with it"
        );
        recent.forget(1);
        assert_eq!(recent.took(1, 1_002), None);
        assert_eq!(recent.step(1, id(6), id(7), 2_000), None);
    }

    #[test]
    fn time_spent_waiting_for_the_payer_is_not_counted() {
        let mut recent = Recent::default();
        recent.begin(1, id(1), 100);
        recent.wait(1, 150);
        recent.go_on(1, id(2), 7_150);
        let word_us = recent.step(1, id(2), id(3), 7_160);
        recent.waited(1, word_us);
        assert_eq!(recent.took(1, 7_170), Some((100, 170)));
        // It is not remembered which of many repeats it was, so this must be looked up in the books.
        recent.waited(1, None);
        assert_eq!(recent.took(1, 7_170), None);
        // The payer's request came before the promise.
        recent.begin(2, id(4), 100);
        recent.go_on(2, id(5), 120);
        recent.wait(2, 150);
        recent.waited(2, Some(120));
        assert_eq!(recent.took(2, 170), Some((100, 170)));
        // The reservation began long ago; only the payer's request is known.
        recent.go_on(3, id(6), 9_000);
        assert_eq!(recent.step(3, id(6), id(7), 9_010), Some(9_000));
        assert_eq!(recent.took(3, 9_020), None);
    }

    #[test]
    fn the_oldest_flows_are_forgotten() {
        let mut recent = Recent::default();
        let many = u64::try_from(GENERATION).unwrap();
        for flow in 0..=2 * many {
            recent.begin(flow, id(flow + 1), 1);
        }
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION);
        assert_eq!(recent.took(0, 2), None);
        assert_eq!(recent.took(2 * many, 2), Some((1, 2)));
        assert_eq!(recent.took(many, 2), Some((1, 2)));
    }
}
