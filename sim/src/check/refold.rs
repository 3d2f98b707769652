//! The log read once more, beside the service: what it should have made of it.
//!
//! The refold goes over a shard's log as the service's position moves, drops repeats by a set of its own, and folds what is
//! left, and the service's own decisions, into one state in memory. It never decides. What it has and what the service's tables
//! have must be the same after every commit; so must the inbox, and what was parked.

use std::collections::{BTreeSet, VecDeque};

use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::EventId;
use wallet_contract::subject::Service;

use crate::check::{Breach, hold};
use crate::entry::{Entry, Stored};
use crate::store::Database;
use crate::tables::Tables;

/// What one service's log folds to.
#[derive(Debug)]
pub(crate) struct Refold<C: Decider> {
    place: Place,
    state: C::State,
    known: BTreeSet<EventId>,
    position: u64,
    at_us: i64,
    events: usize,
    parked: usize,
}

impl<C: Decider> Refold<C> {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            state: C::State::default(),
            known: BTreeSet::new(),
            position: 0,
            at_us: 0,
            events: 0,
            parked: 0,
        }
    }
}

/// After a commit: state refolded from the log equals the live one, and nothing of the log was dropped.
pub(crate) fn invariant_refold_equals_live<T: Tables>(
    database: &mut Database<T>,
    log: &[Stored],
) -> Result<(), Breach> {
    let mut decided = decided_since(database)?;
    let position = database.progress.position;
    let behind = usize::try_from(database.refold.position).unwrap_or(usize::MAX);
    hold(
        "invariant_position",
        position <= log.len() as u64 && database.refold.position <= position,
        || {
            format!(
                "{} goes from {behind} to {position} in a log of {}",
                T::SERVICE,
                log.len()
            )
        },
    )?;
    let read = log.get(behind..).unwrap_or_default();
    for stored in read
        .iter()
        .take_while(|stored| stored.message.sequence <= position)
    {
        database.refold.at_us = database.refold.at_us.max(stored.message.at_us);
        for entry in &stored.entries {
            take::<T>(database, stored, entry, &mut decided)?;
        }
    }
    database.refold.position = position;
    own::<T>(database, decided);
    let differs = database.rows.differs(&database.refold.state);
    hold("invariant_refold_equals_live", differs.is_none(), || {
        format!(
            "{}/{}: {}",
            T::SERVICE,
            database.place.shard,
            differs.unwrap_or_default()
        )
    })
}

/// What the service has decided since the last look, as it stands in its event store.
fn decided_since<T: Tables>(database: &mut Database<T>) -> Result<VecDeque<Event>, Breach> {
    let new = database.events.get(database.refold.events..).unwrap_or_default();
    let mut decided = VecDeque::with_capacity(new.len());
    for outgoing in new {
        let event = envelope::read(&outgoing.json);
        hold("invariant_readable", event.is_ok(), || {
            format!("{event:?}: {}", outgoing.json)
        })?;
        decided.extend(event);
    }
    database.refold.events = database.events.len();
    Ok(decided)
}

/// Takes in one element of the log.
fn take<T: Tables>(
    database: &mut Database<T>,
    stored: &Stored,
    entry: &Entry,
    decided: &mut VecDeque<Event>,
) -> Result<(), Breach> {
    let sequence = stored.message.sequence;
    let service = T::SERVICE;
    let Ok(input) = &entry.what else {
        if !entry.is_parked_by(service) {
            return Ok(());
        }
        let row = database.parked.get(database.refold.parked);
        let parked = row.is_some_and(|row| (row.sequence, row.index) == (sequence, entry.index));
        database.refold.parked += 1;
        return invariant_nothing_dropped(service, sequence, entry, parked);
    };
    if !stored.is_heard_by(service) || !T::Core::concerns(input, database.place) {
        return Ok(());
    }
    let id = input.as_cause().id;
    invariant_nothing_dropped(service, sequence, entry, database.inbox.contains_key(&id))?;
    if !database.refold.known.insert(id) {
        return Ok(());
    }
    let fold = &mut database.refold;
    let heard = Heard {
        input: input.clone(),
        raw: "",
        sequence,
        index: entry.index.unwrap_or(0),
        at_us: fold.at_us,
    };
    T::Core::hear(&mut fold.state, &heard, fold.place);
    if let Some(event) = decided.pop_front_if(|event| event.cause == id) {
        T::Core::evolve(&mut fold.state, &event, fold.place);
    }
    Ok(())
}

/// Each message is handled, known, or parked.
fn invariant_nothing_dropped(
    service: Service,
    sequence: u64,
    entry: &Entry,
    handled: bool,
) -> Result<(), Breach> {
    hold("invariant_nothing_dropped", handled, || {
        let what: Result<&Input, &String> = entry.what.as_ref();
        format!(
            "{service} has passed message {sequence}, element {:?}, and not handled it: {what:?}",
            entry.index
        )
    })
}

/// Takes in what was decided on no message: that something was due, and what was parked.
fn own<T: Tables>(database: &mut Database<T>, decided: VecDeque<Event>) {
    let fold = &mut database.refold;
    for event in decided {
        if !matches!(event.fact, Fact::MessageParked(_)) {
            fold.known.insert(event.cause);
        }
        T::Core::evolve(&mut fold.state, &event, fold.place);
    }
}
