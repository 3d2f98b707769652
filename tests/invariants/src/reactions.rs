//! Each event against the choreography: a reaction comes from where it is declared, and none is missing at the end.

use std::collections::BTreeMap;

use wallet_contract::event::{Event, Fact, Failure, MovementFact};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::request::Request;
use wallet_contract::shard::Shards;
use wallet_kernel::choreography::{Expected, Party, Step, after, waits_for};

use crate::{Breach, hold};

/// Each reaction came from the service and shard that the choreography declares, with one of the declared events.
pub fn invariant_each_reaction_is_declared(
    shards: Shards,
    requests: &[Request],
    events: &[&Event],
) -> Result<(), Breach> {
    let requests = requests.iter().map(|request| {
        let step = Step::Requested(request.verb);
        (request.id, (step, request.account.clone()))
    });
    let decided = events.iter().map(|event| {
        let step = Step::Decided(event.fact.clone());
        (event.id, (step, event.fact.account()))
    });
    let causes: BTreeMap<EventId, (Step, AccountId)> = requests.chain(decided).collect();
    for event in events {
        let by_the_clock = matches!(
            event.fact,
            Fact::Movement(_, MovementFact::ReservationReleased(Failure::Expired, _))
        );
        let Some((cause, account)) = causes.get(&event.cause).filter(|_| !by_the_clock) else {
            continue;
        };
        let expected = cause.expected().or_else(|| deferred(cause));
        let declared = expected.is_some_and(|expected| {
            let of = match expected.of {
                Party::Payer => account,
                Party::Payee => cause.payee().expect("who pays a payee names it"),
            };
            let place = (event.source.service, event.source.shard);
            (expected.by, shards.of(of)) == place && expected.kinds.contains(&event.fact.kind())
        });
        hold("invariant_each_reaction_is_declared", declared, || {
            format!("{event:?} follows {cause:?}; declared is {expected:?}")
        })?;
    }
    Ok(())
}

/// A promise may be what an earlier confirm was waiting for.
fn deferred(cause: &Step) -> Option<Expected> {
    match cause {
        Step::Decided(Fact::Movement(movement, MovementFact::CreditPromised(_))) => after(&Fact::Movement(
            movement.clone(),
            MovementFact::ConfirmationDeferred,
        )),
        Step::Requested(_) | Step::Decided(_) => None,
    }
}

/// No flow waits for a reaction of a service.
pub fn invariant_nothing_is_open(events: &[&Event]) -> Result<(), Breach> {
    let mut flows: BTreeMap<(AccountId, TransferId), Vec<Step>> = BTreeMap::new();
    for event in events {
        let flow = flows.entry((event.fact.account(), event.transfer)).or_default();
        flow.push(Step::Decided(event.fact.clone()));
    }
    for (flow, steps) in flows {
        let open = waits_for(&steps);
        hold("invariant_nothing_is_open", open.is_none(), || {
            format!("{flow:?} waits for {open:?}: {steps:?}")
        })?;
    }
    Ok(())
}
