//! What must hold in every state, what must happen eventually, and what must be possible.

use std::collections::BTreeSet;
use std::sync::Arc;

use stateright::Property;
use wallet_contract::event::Failure;
use wallet_contract::subject::Service;
use wallet_invariants::Breach;
use wallet_invariants::end::{invariant_nothing_is_under_way, invariant_services_agree};
use wallet_invariants::events::{Tally, invariant_causes_exist, invariant_ids_are_unique};

use crate::core::Core;
use crate::message::Message;
use crate::saga::Saga;
use crate::scenario::Outcome;
use crate::view::View;
use crate::world::World;

/// Money is neither lost nor created.
pub const CONSERVED: &str = "money is conserved";
/// No account falls below its floor, and its held and in-transit amounts equal the sums over its transfers.
pub const SOUND: &str = "each account keeps its limit and holds what its transfers say";
/// A transfer is debited, credited, given back and ended at most once.
pub const ONCE: &str = "each transfer ends at most once";
/// A settled transfer has one debit and one credit of the same amount; a failed one leaves its payer whole.
pub const WHOLE: &str = "what settles was debited and credited, what fails leaves the payer whole";
/// The cause of an event is a delivered request or an earlier event.
pub const CAUSED: &str = "each event has a cause";
/// No two events share an id.
pub const UNIQUE: &str = "each event's id is its own";
/// When nothing is under way, every transfer has ended and the books agree with the accounts, even if requests were lost.
pub const QUIET: &str = "when all is quiet all has ended and the books agree";
/// Each transfer ends.
pub const ENDS: &str = "each transfer ends";

/// The properties that must never be violated.
pub const MUST: [&str; 8] = [CONSERVED, SOUND, ONCE, WHOLE, CAUSED, UNIQUE, QUIET, ENDS];

/// The properties of a scenario whose transfers can end in these ways.
pub(crate) fn of<D: Core, C: Core, L: Core>(ends: &[Outcome]) -> Vec<Property<Saga<D, C, L>>> {
    let mut properties = vec![
        Property::always(CONSERVED, |saga: &Saga<D, C, L>, world| {
            is_conserved(&saga.view(world))
        }),
        Property::always(SOUND, |saga, world| {
            saga.view(world).nodes.iter().all(|seen| seen.is_sound)
        }),
        Property::always(ONCE, |saga, world| {
            all(&tallies(saga, world), Tally::invariant_at_most_once)
        }),
        Property::always(WHOLE, |saga, world| {
            all(&tallies(saga, world), Tally::invariant_whole)
        }),
        Property::always(CAUSED, |saga, world| is_caused(saga, world)),
        Property::always(UNIQUE, |saga, world| is_unique(saga, world)),
        Property::always(QUIET, |saga, world| {
            let view = saga.view(world);
            !view.is_quiet() || view.has_ended() && books_agree(&view)
        }),
        Property::eventually(ENDS, |saga, world| {
            let view = saga.view(world);
            view.all_asked && view.has_ended()
        }),
    ];
    properties.extend(ends.iter().map(|end| possible(*end)));
    properties
}

fn all(tallies: &[Tally], invariant: fn(&Tally) -> Result<(), Breach>) -> bool {
    tallies.iter().all(|tally| invariant(tally).is_ok())
}

/// The property that some requested transfer can end this way.
fn possible<D: Core, C: Core, L: Core>(end: Outcome) -> Property<Saga<D, C, L>> {
    match end {
        Outcome::Settled => Property::sometimes("settled", |saga, world| {
            asked(saga, world).iter().any(|tally| !tally.settled.is_empty())
        }),
        Outcome::Refused => {
            Property::sometimes("refused", |saga, world| failed(saga, world, Failure::Refused))
        }
        Outcome::Compensated => Property::sometimes("compensated", |saga, world| {
            failed(saga, world, Failure::Compensated)
        }),
        Outcome::Cancelled => {
            Property::sometimes("cancelled", |saga, world| failed(saga, world, Failure::Cancelled))
        }
        Outcome::Expired => {
            Property::sometimes("expired", |saga, world| failed(saga, world, Failure::Expired))
        }
    }
}

fn failed<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World, failure: Failure) -> bool {
    asked(saga, world)
        .iter()
        .any(|tally| tally.failed.contains(&failure))
}

fn asked<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World) -> Vec<Tally> {
    let given = saga.view(world).given_flows;
    tallies(saga, world).split_off(given)
}

fn said<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World) -> Vec<Arc<Message>> {
    saga.view(world)
        .said()
        .map(|number| saga.message(number))
        .collect()
}

fn is_conserved(view: &View) -> bool {
    let sum = |service: Service| -> i128 {
        let nodes = view
            .nodes
            .iter()
            .skip(service as usize)
            .step_by(Service::ALL.len());
        nodes.map(|seen| seen.money).sum()
    };
    sum(Service::Debit) == 0 && sum(Service::Ledger) == 0
}

fn tallies<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World) -> Vec<Tally> {
    let mut tallies = vec![Tally::default(); saga.flow_count()];
    for message in said(saga, world) {
        if let Some(event) = message.event() {
            tallies[message.flow].add(&event.fact);
        }
    }
    tallies
}

fn is_caused<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World) -> bool {
    let said = said(saga, world);
    let mut ids: BTreeSet<_> = saga.delivered(world).into_iter().collect();
    ids.extend(said.iter().map(|message| message.id));
    invariant_causes_exist(&ids, said.iter().filter_map(|message| message.cause)).is_ok()
}

fn is_unique<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World) -> bool {
    invariant_ids_are_unique(said(saga, world).iter().map(|message| message.id)).is_ok()
}

/// debit-svc and ledger-svc agree on every account, and nothing is held or in transit.
fn books_agree(view: &View) -> bool {
    view.nodes.chunks(Service::ALL.len()).all(|shard| {
        let (debit, ledger) = (&shard[Service::Debit as usize], &shard[Service::Ledger as usize]);
        invariant_nothing_is_under_way(&debit.accounts).is_ok()
            && invariant_services_agree(&debit.accounts, &ledger.accounts).is_ok()
    })
}
