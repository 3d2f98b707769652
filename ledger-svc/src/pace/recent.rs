//! Which flows are under way: when each began, and its last steps. Bounded: the oldest are forgotten.

#![expect(
    clippy::disallowed_types,
    reason = "rows are looked up by their keys, and never gone through"
)]

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use wallet_contract::id::{AccountId, EventId, TransferId};

/// How many flows a generation holds. There are two of them for each shard: at most 4 MiB.
const GENERATION: usize = 32 * 1024;
/// How many steps of a flow are remembered. What follows is caused by one of the last two: an expiry by `funds.reserved`,
/// behind which `credit.promised` may stand.
const STEPS: usize = 2;

/// A flow by a hash of its key: the key itself would be twice as large, and a mistake costs one wrong time.
type FlowHash = u64;

#[derive(Clone, Copy, Debug)]
struct Flow {
    began_us: i64,
    /// The hash half of each id, and when it stood in the log; the newest first.
    steps: [(u64, i64); STEPS],
}

/// The flows under way, in two generations: when the young one is full it becomes the old one, and that is forgotten.
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

/// The part of an id that is a hash.
fn half(id: EventId) -> u64 {
    id.0.as_u64_pair().1
}

impl Recent {
    /// A request: it begins its flow, or goes on with one.
    pub(super) fn begin(&mut self, flow: FlowHash, id: EventId, at_us: i64) {
        let step = (half(id), at_us);
        if let Some(known) = self.find(flow) {
            known.push(step);
            return;
        }
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        let begun = Flow {
            began_us: at_us,
            steps: [step, (0, 0)],
        };
        self.young.insert(flow, begun);
    }

    /// A step of a flow: when its cause stood in the log, if that is known.
    pub(super) fn step(&mut self, flow: FlowHash, cause: EventId, id: EventId, at_us: i64) -> Option<i64> {
        let known = self.find(flow)?;
        let caused = known.steps.iter().find(|(step, _)| *step == half(cause));
        let caused_us = caused.map(|(_, at_us)| *at_us);
        known.push((half(id), at_us));
        caused_us
    }

    /// When a flow began, if that is known.
    pub(super) fn began(&mut self, flow: FlowHash) -> Option<i64> {
        self.find(flow).map(|known| known.began_us)
    }

    /// A flow that nothing follows any more.
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
        // An expiry is caused by what stands before the last.
        assert_eq!(recent.step(1, id(2), id(4), 900), Some(150));
        assert_eq!(recent.step(1, id(1), id(5), 901), None, "too long ago");
        assert_eq!(recent.began(1), Some(100));
        recent.begin(1, id(6), 1_000);
        assert_eq!(recent.began(1), Some(100), "a confirm goes on with it");
        recent.forget(1);
        assert_eq!(recent.began(1), None);
        assert_eq!(recent.step(1, id(6), id(7), 2_000), None);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut recent = Recent::default();
        let many = u64::try_from(GENERATION).unwrap();
        for flow in 0..=2 * many {
            recent.begin(flow, id(flow + 1), 1);
        }
        assert!(recent.young.len() + recent.old.len() <= 2 * GENERATION);
        assert_eq!(recent.began(0), None);
        assert_eq!(recent.began(2 * many), Some(1));
        assert_eq!(recent.began(many), Some(1));
    }
}
