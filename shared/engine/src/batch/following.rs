//! Follows an operator's instruction about a parked message.

use std::borrow::Cow;

use wallet_contract::envelope;
use wallet_contract::event::{Resolution, Resolved};
use wallet_contract::log::LogPlace;
use wallet_contract::parking::{self, Action, Instruction, Replacement};
use wallet_contract::request::{self, Context, Request};
use wallet_contract::subject::Subject;
use wallet_kernel::{Decider, Heard, Input, Place};

use super::{Batch, of, park_instruction};
use crate::bus::Message;
use crate::store::{Blocked, ParkedRow};

/// Follows an instruction: resolves the parked message that it names, and hears whatever can be heard now and need not wait for
/// another parked message. `rows` are the parked messages in log order: the one that the instruction names, and all that wait
/// with it. `blocked` are the transfers and accounts with a parked message.
///
/// Inputs get the position and time of the instruction in the log.
pub fn resume<'m, C: Decider>(
    rows: &'m [ParkedRow],
    instruction: &Instruction,
    message: &Message,
    place: Place,
    at_us: i64,
    blocked: &Blocked,
) -> Batch<'m> {
    if let Action::Replace(Replacement::Text(text)) = &instruction.action {
        let Some(row) = rows.iter().find(|row| row.place == instruction.place) else {
            return Batch::default();
        };
        return match requests::<C>(row, text, place, blocked) {
            Ok(requests) => replaced(row, requests, message, at_us),
            // The named message stays parked, and the instruction is parked as well: someone must take a look.
            Err(why) => Batch {
                parked: vec![park_instruction(message, at_us, &why)],
                ..Batch::default()
            },
        };
    }
    let mut batch = Batch::default();
    let mut left = Vec::new();
    for row in rows {
        let is_named = row.place == instruction.place;
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
                // A service that could not read the message could not tell whether it concerned it.
                if C::concerns(&input, place) {
                    let index = u32::try_from(batch.heard.len()).unwrap_or(u32::MAX);
                    batch.heard.push(Heard {
                        input,
                        raw: Cow::Borrowed(&*row.body),
                        place: LogPlace::element(message.sequence, index),
                        at_us,
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
        place: row.place,
        how,
        instruction: message.sequence,
    };
    (row.clone(), resolved)
}

/// Hears requests in place of the parked message.
fn replaced<'m>(row: &ParkedRow, requests: Vec<Request>, message: &Message, at_us: i64) -> Batch<'m> {
    let heard = (0..).zip(requests).map(|(index, request)| Heard {
        input: Input::Request(request),
        // There is no text to record: an event reports this request.
        raw: Cow::Borrowed(""),
        place: LogPlace::element(message.sequence, index),
        at_us,
    });
    Batch {
        heard: heard.collect(),
        resolved: vec![became(row, Resolution::Replaced(message.sequence), message)],
        mended: true,
        ..Batch::default()
    }
}

/// The requests in a text that is to replace a parked message, or the reason why it can't.
fn requests<C: Decider>(
    row: &ParkedRow,
    text: &str,
    place: Place,
    blocked: &Blocked,
) -> Result<Vec<Request>, String> {
    let (sequence, no) = (row.place.sequence, "can't replace message");
    if let Some(transfer) = row.transfer {
        return Err(format!(
            "this {no} {sequence}, which is of transfer {transfer}: events are never changed"
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
                "this {no} {sequence} yet: another message of transfer {transfer} is parked, and comes first"
            ));
        }
        if !C::concerns(&input, place) {
            let verb = request.verb.token();
            return Err(format!(
                "this {no} {sequence}: a {verb} is decided by another service or shard"
            ));
        }
    }
    Ok(requests)
}

/// Reads a parked message again. One that belongs to no transfer must be sent again by its client: other services must hear it, too.
fn again(row: &ParkedRow, place: Place) -> Option<Input> {
    row.transfer?;
    let subject = Subject::read(&row.subject, place.shard).ok()?;
    match Context::of(&subject, row.traceparent.as_deref(), row.event_id.as_deref()) {
        Some((context, _)) => request::read(&row.body, context).ok().map(Input::Request),
        None => envelope::read(&row.body).ok().map(Input::Event),
    }
}
