//! Each request is answered once, by an outcome that names it.
#![expect(clippy::wildcard_enum_match_arm, reason = "one of many")]

use std::collections::BTreeMap;

use ledger_core::{Causes, FirstRequest, Outcome, Status};
use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::id::{EventId, TransferKey};

use super::world::{World, shards};

/// However an outcome determines which requests it answers, the result is the same. No request is left without an answer, and none
/// gets two, except that a reservation is answered when it is promised and may be answered again when it ends.
pub(crate) fn name_each_request_once(world: &World) {
    let mut ends: BTreeMap<EventId, u32> = BTreeMap::new();
    let flows = all_causes(world);
    for node in &world.nodes {
        let state = &node.ledger.player.state;
        for outcome in &state.outcomes {
            let flow = &flows[&key(outcome)];
            let answers = outcome.answers_within(flow);
            assert!(!answers.is_empty(), "{outcome:?} answers nothing");
            let alone = outcome.answers_alone();
            assert!(
                alone.as_ref().is_none_or(|alone| *alone == answers),
                "{alone:?}: {outcome:?}"
            );
            assert!(
                alone.is_some() || !is_a_plain_end(outcome),
                "a plain payment needs no look-up in the books: {outcome:?}"
            );
            if let Some(found) = first_request(world, outcome).and_then(|first| outcome.answers_for(&first)) {
                assert_eq!(found, answers, "{outcome:?}");
            }
            if outcome.status != Status::Reserved {
                for id in answers.values() {
                    *ends.entry(*id).or_default() += 1;
                }
            }
        }
    }
    for request in &world.requests {
        assert_eq!(ends.get(&request.id), Some(&1), "{request:?}");
    }
}

/// Whether it is the end of a one-phase payment, and not the refusal of a reversal.
fn is_a_plain_end(outcome: &Outcome) -> bool {
    match &outcome.event.fact {
        Fact::Movement(movement, MovementFact::TransferSettled) => movement.reserved.is_none(),
        _ => false,
    }
}

/// The requests of its flow, as the flow's head has them.
fn first_request(world: &World, outcome: &Outcome) -> Option<FirstRequest> {
    let shard = usize::from(shards().of(&outcome.account).0);
    let flows = &world.nodes[shard].ledger.player.state.flows;
    let flow = flows.get(&(key(outcome), outcome.verb.flow()))?;
    Some(flow.first_request())
}

pub(crate) fn key(outcome: &Outcome) -> TransferKey {
    TransferKey {
        id: outcome.event.transfer,
        payer: outcome.account.clone(),
    }
}

pub(crate) fn all_causes(world: &World) -> BTreeMap<TransferKey, Causes> {
    let mut flows: BTreeMap<TransferKey, Causes> = BTreeMap::new();
    for request in world.delivered() {
        let key = TransferKey {
            id: request.transfer,
            payer: request.account.clone(),
        };
        let flow = flows.entry(key).or_default();
        flow.requests.insert(request.id, request.verb);
    }
    for event in world.events() {
        let key = TransferKey {
            id: event.transfer,
            payer: event.fact.account(),
        };
        let flow = flows.entry(key).or_default();
        flow.events.insert(event.id, event.clone());
    }
    flows
}
