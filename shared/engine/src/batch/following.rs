//! Follows an operator's instruction about what was set aside.

use std::borrow::Cow;

use wallet_contract::envelope;
use wallet_contract::event::{Resolution, Resolved};
use wallet_contract::parking::{self, Action, Instruction, Replacement};
use wallet_contract::request::{self, Context, Request};
use wallet_contract::subject::Subject;
use wallet_kernel::{Decider, Heard, Input, Place};

use super::{Batch, of, set_aside_whole};
use crate::bus::Message;
use crate::store::{Blocked, ParkedRow};

/// Follows an instruction: takes what it names out of `rows`, and hears what can be heard now and waits behind nothing.
/// `rows` are what was set aside and is still, in the order of the log: what the instruction names, and all that waits with it.
/// `blocked` is of what something is set aside.
///
/// What is heard has the instruction's place and time in the log.
pub fn resume<'m, C: Decider>(
    rows: &'m [ParkedRow],
    instruction: &Instruction,
    message: &Message,
    place: Place,
    at_us: i64,
    blocked: &Blocked,
) -> Batch<'m> {
    if let Action::Replace(Replacement::Text(text)) = &instruction.action {
        let is_named =
            |row: &&ParkedRow| (row.sequence, row.index) == (instruction.sequence, instruction.index);
        let Some(row) = rows.iter().find(is_named) else {
            return Batch::default();
        };
        return match requests::<C>(row, text, place, blocked) {
            Ok(requests) => replaced(row, requests, message, at_us),
            // What it is about stays where it is, and so does this: somebody must look.
            Err(why) => Batch {
                parked: vec![set_aside_whole(message, at_us, &why)],
                ..Batch::default()
            },
        };
    }
    let mut batch = Batch::default();
    let mut left = Vec::new();
    for row in rows {
        let is_named = (row.sequence, row.index) == (instruction.sequence, instruction.index);
        let how = match &instruction.action {
            Action::Replace(Replacement::Message(by)) if is_named => Resolution::Replaced(*by),
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
        batch.resolved.push(became(row, how, message));
    }
    batch.released = Blocked::by(batch.resolved.iter().map(|(row, _)| row));
    let left = Blocked::by(left);
    batch.released.remove(&left);
    batch
}

fn became(row: &ParkedRow, how: Resolution, message: &Message) -> (ParkedRow, Resolved) {
    let resolved = Resolved {
        sequence: row.sequence,
        index: row.index,
        how,
        instruction: message.sequence,
    };
    (row.clone(), resolved)
}

/// Hears requests in the place of what was set aside.
fn replaced<'m>(row: &ParkedRow, requests: Vec<Request>, message: &Message, at_us: i64) -> Batch<'m> {
    let heard = (0..).zip(requests).map(|(index, request)| Heard {
        input: Input::Request(request),
        // What tells of it is an event.
        raw: Cow::Borrowed(""),
        sequence: message.sequence,
        index,
        at_us,
        committed_us: None,
    });
    Batch {
        heard: heard.collect(),
        resolved: vec![became(row, Resolution::Replaced(message.sequence), message)],
        mended: true,
        ..Batch::default()
    }
}

/// What a text asks in the place of what was set aside, or why it can't stand there.
fn requests<C: Decider>(
    row: &ParkedRow,
    text: &str,
    place: Place,
    blocked: &Blocked,
) -> Result<Vec<Request>, String> {
    let (sequence, no) = (row.sequence, "can't stand for message");
    if let Some(transfer) = row.transfer {
        return Err(format!(
            "this {no} {sequence}, which is of transfer {transfer}: what was said is never changed"
        ));
    }
    let subject = Subject::read(&row.subject, place.shard);
    let subject = subject.map_err(|bad| format!("nothing {no} {sequence}: {bad}"))?;
    let requests = parking::requests(&subject, text).map_err(|why| format!("this {no} {sequence}: {why}"))?;
    for request in &requests {
        let input = Input::Request(request.clone());
        let (transfer, account) = of(&input);
        if blocked.holds(transfer, account.as_deref()) {
            return Err(format!(
                "this {no} {sequence} yet: something else of transfer {transfer} is set aside, and comes first"
            ));
        }
        if !C::concerns(&input, place) {
            let verb = request.verb.token();
            return Err(format!("this {no} {sequence}: a {verb} is decided elsewhere"));
        }
    }
    Ok(requests)
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
