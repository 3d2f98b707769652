//! Reads messages as the inputs of a service.

use std::borrow::Cow;

use uuid::Uuid;
use wallet_contract::envelope;
use wallet_contract::log::LogPlace;
use wallet_contract::parking::Instruction;
use wallet_contract::reason::sentence;
use wallet_contract::request::{self, Context};
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{self, Service, Subject, Verb};
use wallet_kernel::{Decider, Heard, Input, Place};

use super::Batch;
use crate::bus::Message;
use crate::store::{Blocked, ParkedRow};

/// The reason for parking something that can be read.
pub const WAITS: &str = "waits for a parked message of the same transfer or account";

/// Reads messages as the inputs of `service`. `at_us` is the log's time so far, which never decreases. `blocked` are the transfers and
/// accounts with a parked message: inputs about them are parked, too.
pub fn read<'m, C: Decider>(
    messages: &'m [Message],
    service: Service,
    place: Place,
    mut at_us: i64,
    blocked: &mut Blocked,
) -> Batch<'m> {
    let mut batch = Batch::default();
    for message in messages {
        at_us = at_us.max(message.at_us);
        let mut reading = Reading {
            message,
            service,
            at_us,
            blocked,
        };
        match Subject::read(&message.subject, place.shard) {
            Ok(subject) if subject.heard_by(service) => reading.read::<C>(&subject, place, &mut batch),
            Ok(_) => {}
            Err(bad) if subject::owner(&message.subject) == service => {
                batch
                    .parked
                    .push(reading.park(None, &bad.to_string(), &message.payload));
            }
            Err(_) => {}
        }
    }
    batch
}

/// The transfer that an input belongs to, and the account whose standing it reports or asks to change.
type Of = (Uuid, Option<String>);

/// The transfer and the account of an input.
pub fn of(input: &Input) -> Of {
    let account = match input {
        Input::Request(request) if request.verb.flow() != Verb::Transfer => Some(&request.account),
        Input::Event(event) => event.fact.account_with_standing(),
        Input::Request(_) | Input::Due(_) => None,
    };
    (input.as_cause().transfer.0, account.map(ToString::to_string))
}

struct Reading<'m, 'b> {
    message: &'m Message,
    service: Service,
    at_us: i64,
    blocked: &'b mut Blocked,
}

impl<'m> Reading<'m, '_> {
    fn read<C: Decider>(&mut self, subject: &Subject, place: Place, batch: &mut Batch<'m>) {
        let message = self.message;
        let (traceparent, event_id) = (message.traceparent.as_deref(), message.event_id.as_deref());
        let read = match Context::of(subject, traceparent, event_id) {
            Some((context, against)) => self.requests::<C>(context, against, place, batch),
            None => self.others::<C>(subject, place, batch),
        };
        if let Err(detail) = read
            && self.is_ours(subject)
        {
            batch.parked.push(self.park(None, &detail, &message.payload));
        }
    }

    fn requests<C: Decider>(
        &mut self,
        context: Context<'_>,
        against: Option<&str>,
        place: Place,
        batch: &mut Batch<'m>,
    ) -> Result<(), String> {
        let elements = request::elements(&self.message.payload, context, against);
        for (index, element) in (0..).zip(elements.map_err(|bad| bad.to_string())?) {
            match element.request {
                Ok(request) => self.hear::<C>(Input::Request(request), index, element.raw, place, batch),
                Err(bad) if subject::owner(&self.message.subject) == self.service => {
                    let detail = bad.to_string();
                    batch
                        .parked
                        .push(self.park(Some(index), &detail, element.raw.as_bytes()));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Reads an envelope of events, or an instruction.
    fn others<C: Decider>(
        &mut self,
        subject: &Subject,
        place: Place,
        batch: &mut Batch<'m>,
    ) -> Result<(), String> {
        let payload = &*self.message.payload;
        if payload.len() > MAX_MESSAGE_BYTES {
            let length = payload.len();
            return Err(format!(
                "a message of {length} bytes: the limit is {MAX_MESSAGE_BYTES}"
            ));
        }
        if let Subject::Parking(_) = subject {
            // Instructions are followed where the store is at hand.
            return Instruction::read(payload)
                .map(drop)
                .map_err(|bad| bad.to_string());
        }
        let elements = envelope::split(payload).map_err(|bad| bad.to_string())?;
        for (index, raw) in (0..).zip(elements) {
            match envelope::read(raw) {
                Ok(event) => self.hear::<C>(Input::Event(event), index, Cow::Borrowed(raw), place, batch),
                Err(bad) => match envelope::of(raw) {
                    Some((transfer, account)) => {
                        self.wait((transfer.0, account), index, &bad.to_string(), raw, batch);
                    }
                    None => batch
                        .parked
                        .push(self.park(Some(index), &bad.to_string(), raw.as_bytes())),
                },
            }
        }
        Ok(())
    }

    fn hear<C: Decider>(
        &mut self,
        input: Input,
        index: u32,
        raw: Cow<'m, str>,
        place: Place,
        batch: &mut Batch<'m>,
    ) {
        if !C::concerns(&input, place) {
            return;
        }
        let of = of(&input);
        if self.blocked.holds(of.0, of.1.as_deref()) {
            return self.wait(of, index, WAITS, &raw, batch);
        }
        batch.heard.push(Heard {
            input,
            raw,
            place: LogPlace::element(self.message.sequence, index),
            at_us: self.at_us,
            committed_us: self.message.committed_us,
        });
    }

    /// Parks an input that others may have to wait for.
    fn wait(&mut self, of: Of, index: u32, detail: &str, raw: &str, batch: &mut Batch<'m>) {
        let place = LogPlace::element(self.message.sequence, index);
        let row = waiting(self.message, self.at_us, of, place, detail, raw);
        self.blocked.add(Blocked::by([&row]));
        batch.parked.push(row);
    }

    /// An unreadable request is parked only by the service that would have decided on it; an unreadable event, by every service that
    /// hears it.
    fn is_ours(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Request(..) | Subject::Unknown(..) | Subject::Bulk => {
                subject::owner(&self.message.subject) == self.service
            }
            Subject::Events(_) | Subject::Parking(_) => true,
            Subject::Fill => false,
        }
    }

    fn park(&self, element: Option<u32>, detail: &str, body: &[u8]) -> ParkedRow {
        let place = LogPlace {
            sequence: self.message.sequence,
            element,
        };
        unread(self.message, self.at_us, place, detail, body)
    }
}

fn unread(message: &Message, at_us: i64, place: LogPlace, detail: &str, body: &[u8]) -> ParkedRow {
    let kept = &body[..body.len().min(ParkedRow::MAX_BODY)];
    ParkedRow {
        place,
        subject: sentence(&message.subject),
        detail: sentence(detail),
        // A zero byte is valid text in Rust, but not in PostgreSQL.
        body: String::from_utf8_lossy(kept).replace('\0', "\u{fffd}"),
        at_us,
        transfer: None,
        account: None,
        traceparent: None,
        event_id: None,
    }
}

/// A parked input of a transfer is kept whole, since it may be handled later.
fn waiting(
    message: &Message,
    at_us: i64,
    (transfer, account): Of,
    place: LogPlace,
    detail: &str,
    raw: &str,
) -> ParkedRow {
    ParkedRow {
        body: raw.to_owned(),
        transfer: Some(transfer),
        account,
        traceparent: message.traceparent.clone(),
        event_id: message.event_id.clone(),
        ..unread(message, at_us, place, detail, &[])
    }
}

/// Parks an input that was read and can't be handled; later messages of its transfer wait for it.
pub(crate) fn park_input(message: &Message, heard: &Heard<'_>, why: &str) -> ParkedRow {
    waiting(
        message,
        heard.at_us,
        of(&heard.input),
        heard.place,
        why,
        &heard.raw,
    )
}

/// Parks an instruction that can't be followed.
pub(crate) fn park_instruction(message: &Message, at_us: i64, why: &str) -> ParkedRow {
    let place = LogPlace::message(message.sequence);
    unread(message, at_us, place, why, &message.payload)
}
