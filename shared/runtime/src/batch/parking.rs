//! What was set aside: telling it, and hearing it after all.

use std::borrow::Cow;

use uuid::Uuid;
use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::envelope;
use wallet_contract::event::{Cause, Event, Fact, Parked, Resolution, Resolved, Source};
use wallet_contract::id::{AccountId, EventId, TransferId, derive};
use wallet_contract::parking::{Action, Instruction};
use wallet_contract::request::{self, Context};
use wallet_contract::subject::Subject;
use wallet_contract::trace::TraceId;

use super::{Batch, Moment};
use crate::bus::Message;
use crate::store::{Blocked, ParkedRow};

/// The name of what was set aside: it is no request and no event, but a place in a log. A made-up id with its time in front.
fn named(row: &ParkedRow, source: Source) -> EventId {
    let Source { service, shard } = source;
    let milliseconds = u64::try_from(row.at_us / 1000).unwrap_or_default();
    let time = Uuid::from_u64_pair(milliseconds << 16, 0);
    let place = format!("{service}/{shard}/{}/{:?}", row.sequence, row.index);
    derive(&AccountId::world(), time, &[place.as_bytes()])
}

fn cause(row: &ParkedRow, source: Source) -> Cause {
    let id = named(row, source);
    Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::begun_by(id),
    }
}

/// The events that tell what was set aside.
pub fn parked(rows: &[ParkedRow], moment: Moment) -> Vec<Event> {
    let told = rows.iter().map(|row| {
        let fact = Fact::MessageParked(Parked {
            sequence: row.sequence,
            index: row.index,
            subject: row.subject.clone(),
            detail: row.detail.clone(),
            transfer: row.transfer.map(TransferId),
        });
        moment.event(fact, cause(row, moment.source))
    });
    told.collect()
}

/// The events that tell what became of it.
pub fn resolved(resolved: &[(ParkedRow, Resolved)], moment: Moment) -> Vec<Event> {
    let told = resolved.iter().map(|(row, resolved)| {
        let fact = Fact::MessageResolved(resolved.clone());
        moment.event(fact, cause(row, moment.source))
    });
    told.collect()
}

/// Follows an instruction: takes what it names out of `rows`, and hears what can be heard now and waits behind nothing.
/// `rows` are what was set aside and is still, in the order of the log: what the instruction names, and all that waits with it.
///
/// What is heard has the instruction's place and time in the log.
pub fn resume<'m, C: Decider>(
    rows: &'m [ParkedRow],
    instruction: &Instruction,
    message: &Message,
    place: Place,
    at_us: i64,
) -> Batch<'m> {
    let mut batch = Batch::default();
    let mut left = Vec::new();
    for row in rows {
        let is_named = (row.sequence, row.index) == (instruction.sequence, instruction.index);
        let how = match &instruction.action {
            Action::Replace(by) if is_named => Resolution::Replaced(*by),
            Action::Discard(reason) if is_named => Resolution::Discarded(reason.clone()),
            Action::Retry | Action::Replace(_) | Action::Discard(_) => {
                let waits = Blocked::by(left.iter().copied());
                let behind = row
                    .transfer
                    .is_some_and(|transfer| waits.holds(transfer, row.account.as_deref()));
                let input = if behind { None } else { again(row, place) };
                let Some(input) = input else {
                    left.push(row);
                    continue;
                };
                // Who could not read it could not tell whether it was meant.
                if C::concerns(&input, place) {
                    batch.heard.push(Heard {
                        input,
                        raw: Cow::Borrowed(&*row.body),
                        sequence: message.sequence,
                        index: u32::try_from(batch.heard.len()).unwrap_or(u32::MAX),
                        at_us,
                        committed_us: None,
                    });
                }
                Resolution::Retried
            }
        };
        let resolved = Resolved {
            sequence: row.sequence,
            index: row.index,
            how,
            instruction: message.sequence,
        };
        batch.resolved.push((row.clone(), resolved));
    }
    batch.released = Blocked::by(batch.resolved.iter().map(|(row, _)| row));
    let left = Blocked::by(left);
    batch.released.remove(&left);
    batch
}

/// Reads it again. What belongs to no transfer is said again by its client, if at all: others must hear it too.
fn again(row: &ParkedRow, place: Place) -> Option<Input> {
    row.transfer?;
    let subject = Subject::read(&row.subject, place.shard).ok()?;
    match Context::of(&subject, row.traceparent.as_deref(), row.event_id.as_deref()) {
        Some((context, _)) => request::read(&row.body, context).ok().map(Input::Request),
        None => envelope::read(&row.body).ok().map(Input::Event),
    }
}
