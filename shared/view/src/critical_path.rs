//! The critical path of a flow: from its first request to the step that settles its fate.

use wallet_contract::event::{Fact, MovementFact};

use crate::step::{Step, Times, goes_on};

/// The last step that answers the flow's first request.
pub fn last(steps: &[Step]) -> Option<&Step> {
    steps.iter().rfind(|step| step.root == 0)
}

/// The length of the path in microseconds, excluding the time for which a reservation was held; the parts of [`total`] add up to
/// it. It exceeds the flow's duration by the time until the final event was stored in the log.
pub fn length_us(steps: &[Step]) -> i64 {
    let held_us = steps.iter().map(|step| step.held_us).fold(0, i64::saturating_add);
    last(steps).map_or(0, |last| last.at_us.saturating_sub(held_us))
}

/// Where the time went along the path.
pub fn total(steps: &[Step]) -> Times {
    let mut total = Times {
        wait_us: 0,
        work_us: 0,
        publish_us: 0,
    };
    let mut here = last(steps);
    while let Some(step) = here {
        if let Some(times) = step.times {
            total.wait_us = total.wait_us.saturating_add(times.wait_us);
            total.work_us = total.work_us.saturating_add(times.work_us);
            total.publish_us = total.publish_us.saturating_add(times.publish_us);
        }
        here = before(steps, step);
    }
    total
}

/// The step that led to this one: its cause. The payer's confirm or cancel has no cause and continues from the promise.
fn before<'s>(steps: &'s [Step], step: &Step) -> Option<&'s Step> {
    match step.parent {
        Some(parent) => steps.get(parent),
        None if step.root == 0 && goes_on(step.content.verb()) => {
            let earlier = steps
                .iter()
                .filter(|other| other.root == 0 && other.event < step.event);
            earlier.rev().find(|other| {
                matches!(
                    other.content.fact(),
                    Some(Fact::Movement(_, MovementFact::CreditPromised(..)))
                )
            })
        }
        None => None,
    }
}
