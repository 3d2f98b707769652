//! What must hold for flows when nothing is pending.

use std::collections::BTreeMap;

use wallet_contract::event::{Event, Fact, Movement, MovementFact, RequestFact};
use wallet_contract::id::TransferKey;
use wallet_contract::subject::Verb;
use wallet_kernel::Phase;

use super::world::{World, shards};

type Flows<'w> = BTreeMap<TransferKey, Vec<&'w Event>>;

pub(crate) fn end_once_or_wait_for_their_payer(world: &World) {
    let flows = flows(world);
    for (key, events) in &flows {
        let ends: Vec<_> = events.iter().filter(|event| ends(event)).collect();
        match phase(world, key) {
            Some(Phase::Promised) => assert!(ends.is_empty(), "{key:?} has ended and waits: {ends:?}"),
            phase => assert_eq!(ends.len(), 1, "{key:?} is {phase:?}: {events:?}"),
        }
    }
    every_request_has_a_flow_that_ends_or_waits(world);
    a_settled_transfer_has_one_debit_and_one_credit(&flows);
    reversals_never_exceed_the_transfer(&flows);
    let ids = world.ids();
    for event in world.events() {
        assert!(
            ids.contains(&event.id) && ids.contains(&event.cause),
            "{event:?} has no cause"
        );
    }
}

/// No flow is open.
pub(crate) fn have_all_ended(world: &World) {
    for (key, events) in flows(world) {
        assert_eq!(events.iter().filter(|event| ends(event)).count(), 1, "{key:?}");
    }
}

/// The events of each transfer, by its payer and id.
fn flows(world: &World) -> Flows<'_> {
    let mut flows: Flows<'_> = BTreeMap::new();
    for event in world.events() {
        let key = TransferKey {
            id: event.transfer,
            payer: event.fact.account(),
        };
        let first = matches!(
            event.fact,
            Fact::Movement(_, MovementFact::AccountDebited | MovementFact::FundsReserved(..))
                | Fact::Request(_, RequestFact::DebitRefused(..) | RequestFact::ReservationBarred)
        );
        if first || ends(event) || event.fact.movement().is_some() {
            flows.entry(key).or_default().push(event);
        }
    }
    flows
}

fn ends(event: &Event) -> bool {
    matches!(
        event.fact,
        Fact::Movement(_, MovementFact::TransferSettled) | Fact::Request(_, RequestFact::TransferFailed(..))
    )
}

fn phase(world: &World, key: &TransferKey) -> Option<Phase> {
    let node = &world.nodes[usize::from(shards().of(&key.payer).0)];
    node.debit.player.state.transfers.get(key).map(|row| row.phase)
}

fn every_request_has_a_flow_that_ends_or_waits(world: &World) {
    for ((key, kind), flow) in world
        .nodes
        .iter()
        .flat_map(|node| node.ledger.player.state.flows.iter())
    {
        let waits = *kind == Verb::Transfer && phase(world, key) == Some(Phase::Promised);
        assert_eq!(flow.ended_us.is_none(), waits, "{key:?} {kind:?}: {flow:?}");
    }
}

fn a_settled_transfer_has_one_debit_and_one_credit(flows: &Flows<'_>) {
    for (key, events) in flows {
        let of = |moved: fn(&Fact) -> bool| -> Vec<&Movement> {
            let moved = events.iter().filter(|event| moved(&event.fact));
            moved.filter_map(|event| event.fact.movement()).collect()
        };
        let settled = of(|fact| matches!(fact, Fact::Movement(_, MovementFact::TransferSettled)));
        let credited = of(|fact| matches!(fact, Fact::Movement(_, MovementFact::AccountCredited)));
        let debited = of(|fact| matches!(fact, Fact::Movement(_, MovementFact::AccountDebited)));
        assert_eq!(settled, credited, "{key:?}");
        assert!(debited.len() <= 1, "{key:?} is debited twice");
        assert!(settled.is_empty() || settled == debited, "{key:?}");
    }
}

fn reversals_never_exceed_the_transfer(flows: &Flows<'_>) {
    let mut received: BTreeMap<TransferKey, i64> = BTreeMap::new();
    let mut back: BTreeMap<TransferKey, i64> = BTreeMap::new();
    for (key, event) in flows
        .iter()
        .flat_map(|(key, events)| events.iter().map(move |event| (key, event)))
    {
        let Fact::Movement(movement, MovementFact::AccountCredited) = &event.fact else {
            continue;
        };
        *received.entry(key.clone()).or_default() += movement.money.amount.minor();
        if let Some(id) = movement.reverses {
            let payer = movement.payee.clone();
            *back.entry(TransferKey { id, payer }).or_default() += movement.money.amount.minor();
        }
    }
    for (key, back) in back {
        let received = received.get(&key).copied().unwrap_or(0);
        assert!(back <= received, "{back} of {received} is given back of {key:?}");
    }
}
