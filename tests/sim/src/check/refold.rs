//! Reads the log a second time, next to the service, and computes the state that the service should have.
//!
//! The refold reads a shard's log as the service's position advances, drops repeats with a set of its own, and folds the rest,
//! together with the service's own decisions, into one state in memory. It never decides. After every commit this state must
//! equal the service's tables; the inbox and the parked messages must match too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use wallet_contract::envelope;
use wallet_contract::event::{Event, Fact, RequestFact, Resolution, Resolved};
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::subject::Service;
use wallet_engine::batch::{WAITS, of};
use wallet_engine::store::{Blocked, Outgoing, ParkedRow};
use wallet_kernel::memory::Memory;
use wallet_kernel::{Decider, Heard, Input, Place};

use crate::check::{Breach, hold};
use crate::entry::{Entry, Stored};
use crate::ill;
use crate::tables::Tables;

/// The state folded from one service's log.
#[derive(Debug)]
pub(crate) struct Refold<C: Decider> {
    place: Place,
    state: C::State,
    known: BTreeSet<EventId>,
    position: u64,
    at_us: i64,
    events: usize,
    parked: usize,
    resolved: usize,
    /// Parked messages.
    aside: Vec<ParkedRow>,
}

/// What a database holds, to be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live<'d> {
    pub(crate) position: u64,
    pub(crate) inbox: &'d BTreeMap<EventId, i64>,
    pub(crate) events: &'d [Outgoing],
    /// Every message ever parked, and how it was resolved.
    pub(crate) parked: &'d [ParkedRow],
    pub(crate) resolved: &'d [(ParkedRow, Resolved)],
    pub(crate) rows: &'d Memory,
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
            resolved: 0,
            aside: Vec::new(),
        }
    }
}

/// After a commit, the state refolded from the log equals the live state, and nothing from the log was dropped.
pub(crate) fn invariant_refold_equals_live<T: Tables>(
    fold: &mut Refold<T::Core>,
    live: Live<'_>,
    log: &[Stored],
) -> Result<(), Breach> {
    let mut decided = decided_since::<T>(fold, live)?;
    let position = live.position;
    let behind = usize::try_from(fold.position).unwrap_or(usize::MAX);
    hold(
        "invariant_position",
        position <= log.len() as u64 && fold.position <= position,
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
        fold.at_us = fold.at_us.max(stored.message.at_us);
        for entry in &stored.entries {
            take::<T>(fold, live, stored, entry, &mut decided)?;
        }
        if stored.instructs(T::SERVICE) {
            resume::<T>(fold, live, stored, log, &mut decided)?;
        }
    }
    fold.position = position;
    begun::<T>(fold, live, log, &mut decided);
    own::<T>(fold, decided);
    let differs = T::differs(live.rows, &fold.state);
    hold("invariant_refold_equals_live", differs.is_none(), || {
        format!(
            "{}/{}: {}",
            T::SERVICE,
            fold.place.shard,
            differs.unwrap_or_default()
        )
    })
}

/// A database holds no decision that is not in its log.
pub(crate) fn invariant_the_log_is_ahead<T: Tables>(
    place: Place,
    live: Live<'_>,
    log: &[Stored],
) -> Result<(), Breach> {
    let Some(last) = live.events.last() else {
        return Ok(());
    };
    let mut recorded = log.iter().rev().flat_map(|stored| &stored.entries);
    let is_last = |entry: &&Entry| matches!(&entry.what, Ok(Input::Event(event)) if event.id == last.id);
    let holds = recorded.any(|entry| is_last(&entry));
    hold("invariant_the_log_is_ahead", holds, || {
        let (service, shard) = (T::SERVICE, place.shard);
        format!(
            "{service}/{shard} has decided {} last, which is not in its log",
            last.json
        )
    })
}

/// Folds the elements already handled of the message after the position: in careful mode each element has a commit of its own.
fn begun<T: Tables>(
    fold: &mut Refold<T::Core>,
    live: Live<'_>,
    log: &[Stored],
    decided: &mut VecDeque<Event>,
) {
    let next = usize::try_from(fold.position)
        .ok()
        .and_then(|position| log.get(position));
    let Some(next) = next.filter(|next| next.is_heard_by(T::SERVICE)) else {
        return;
    };
    for entry in &next.entries {
        let Ok(input) = &entry.what else { continue };
        let handled = live.inbox.contains_key(&input.as_cause().id);
        if handled && T::Core::concerns(input, fold.place) {
            fold.at_us = fold.at_us.max(next.message.at_us);
            let place = LogPlace::element(next.message.sequence, entry.index.unwrap_or(0));
            fold_in::<T>(fold, input, place, decided);
        }
    }
}

/// Whether a decision changes the rows: what reports a parked message, or stands for a request, does not.
fn changes_rows(fact: &Fact) -> bool {
    !matches!(
        fact,
        Fact::Message(_) | Fact::Request(_, RequestFact::RequestRecalled(..))
    )
}

/// The service's decisions since the last check, as stored in its event store.
fn decided_since<T: Tables>(fold: &mut Refold<T::Core>, live: Live<'_>) -> Result<VecDeque<Event>, Breach> {
    let new = live.events.get(fold.events..).unwrap_or_default();
    let mut decided = VecDeque::with_capacity(new.len());
    for outgoing in new {
        let event = envelope::read(&outgoing.json);
        hold("invariant_readable", event.is_ok(), || {
            format!("{event:?}: {}", outgoing.json)
        })?;
        decided.extend(event.into_iter().filter(|event| changes_rows(&event.fact)));
    }
    fold.events = live.events.len();
    Ok(decided)
}

/// Folds one element of the log.
fn take<T: Tables>(
    fold: &mut Refold<T::Core>,
    live: Live<'_>,
    stored: &Stored,
    entry: &Entry,
    decided: &mut VecDeque<Event>,
) -> Result<(), Breach> {
    let sequence = stored.message.sequence;
    let service = T::SERVICE;
    let row = live.parked.get(fold.parked);
    let element = entry.index;
    let row = row.filter(|row| row.place == LogPlace { sequence, element });
    if let Some(row) = row {
        fold.parked += 1;
        return park_input::<T>(fold, entry, row);
    }
    let Ok(input) = &entry.what else {
        return invariant_nothing_dropped(service, sequence, entry, !entry.is_parked_by(service));
    };
    if !stored.is_heard_by(service) || !T::Core::concerns(input, fold.place) {
        return Ok(());
    }
    let id = input.as_cause().id;
    invariant_nothing_dropped(service, sequence, entry, live.inbox.contains_key(&id))?;
    let (transfer, account) = of(input);
    let waits = Blocked::by(&fold.aside).holds(transfer, account.as_deref());
    hold("invariant_what_comes_later_waits", !waits, || {
        format!("{service} has handled {input:?} of message {sequence}; something before it is set aside")
    })?;
    let place = LogPlace::element(sequence, entry.index.unwrap_or(0));
    fold_in::<T>(fold, input, place, decided);
    Ok(())
}

/// An element was parked: it is unreadable, it can't be handled, or it waits for a parked message ahead of it.
fn park_input<T: Tables>(fold: &mut Refold<T::Core>, entry: &Entry, row: &ParkedRow) -> Result<(), Breach> {
    let before = Blocked::by(&fold.aside);
    let blocked = row
        .transfer
        .is_some_and(|transfer| before.holds(transfer, row.account.as_deref()));
    let ill = row.detail.contains("unknown event type") || row.detail.contains(ill::POISON);
    let right = entry.is_parked_by(T::SERVICE) || ill || (blocked && row.detail == WAITS);
    fold.aside.push(row.clone());
    hold("invariant_only_what_must_is_set_aside", right, || {
        format!("{} has set aside {row:?}: {:?}", T::SERVICE, entry.what)
    })
}

/// An operator retried the parked messages; they are folded in the order of the log.
fn resume<T: Tables>(
    fold: &mut Refold<T::Core>,
    live: Live<'_>,
    instruction: &Stored,
    log: &[Stored],
    decided: &mut VecDeque<Event>,
) -> Result<(), Breach> {
    let sequence = instruction.message.sequence;
    let row = live.parked.get(fold.parked);
    if let Some(row) = row.filter(|row| row.place == LogPlace::message(sequence)) {
        // The instruction can't be followed.
        fold.parked += 1;
        fold.aside.push(row.clone());
        return Ok(());
    }
    let mut index = 0;
    while let Some((row, resolved)) = live.resolved.get(fold.resolved) {
        if resolved.instruction != sequence {
            break;
        }
        if matches!(resolved.how, Resolution::Replaced(_) | Resolution::Discarded(_)) {
            let row = row.clone();
            fold.resolved += 1;
            see_to::<T>(fold, instruction, &row, decided)?;
            continue;
        }
        let at = usize::try_from(row.place.sequence)
            .ok()
            .and_then(|sequence| log.get(sequence - 1));
        let entry = at.and_then(|stored| {
            stored
                .entries
                .iter()
                .find(|entry| entry.index == row.place.element)
        });
        let input = entry.and_then(|entry| entry.what.as_ref().ok());
        fold.resolved += 1;
        fold.aside.retain(|other| other.place != row.place);
        hold(
            "invariant_only_what_can_be_read_is_heard",
            input.is_some(),
            || format!("{} has heard {row:?}", T::SERVICE),
        )?;
        let meant = input.filter(|input| T::Core::concerns(input, fold.place));
        if let Some(input) = meant {
            let place = LogPlace::element(sequence, index);
            index += 1;
            fold_in::<T>(fold, input, place, decided);
        }
    }
    Ok(())
}

/// An operator discarded the parked message, or replaced it by a text that is folded instead.
fn see_to<T: Tables>(
    fold: &mut Refold<T::Core>,
    instruction: &Stored,
    row: &ParkedRow,
    decided: &mut VecDeque<Event>,
) -> Result<(), Breach> {
    fold.aside.retain(|other| other.place != row.place);
    let requests = instruction.mends(row, fold.place.shard);
    hold(
        "invariant_only_what_makes_sense_is_heard",
        requests.is_ok(),
        || format!("{} has heard {:?}: {requests:?}", T::SERVICE, instruction.message),
    )?;
    for (index, request) in (0..).zip(requests.unwrap_or_default()) {
        let place = LogPlace::element(instruction.message.sequence, index);
        fold_in::<T>(fold, &Input::Request(request), place, decided);
    }
    Ok(())
}

/// Folds an input and the decisions on it, once.
fn fold_in<T: Tables>(
    fold: &mut Refold<T::Core>,
    input: &Input,
    place: LogPlace,
    decided: &mut VecDeque<Event>,
) {
    let id = input.as_cause().id;
    // Deadlines that were decided on after an earlier message.
    while let Some(due) = decided.pop_front_if(|event| event.place < place && event.place.element.is_none()) {
        own_event::<T>(fold, &due);
    }
    if !fold.known.insert(id) {
        return;
    }
    let heard = Heard {
        input: input.clone(),
        raw: "".into(),
        place,
        at_us: fold.at_us,
    };
    T::Core::hear(&mut fold.state, &heard, fold.place);
    if let Some(event) = decided.pop_front_if(|event| event.cause == id) {
        T::Core::evolve(&mut fold.state, &event, fold.place);
    }
}

/// Each message is handled, known as a repeat, or parked.
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

/// Folds decisions that have no message as input: expiries, and notices of parked messages.
fn own<T: Tables>(fold: &mut Refold<T::Core>, decided: VecDeque<Event>) {
    for event in decided {
        own_event::<T>(fold, &event);
    }
}

fn own_event<T: Tables>(fold: &mut Refold<T::Core>, event: &Event) {
    fold.known.insert(event.cause);
    T::Core::evolve(&mut fold.state, event, fold.place);
}
