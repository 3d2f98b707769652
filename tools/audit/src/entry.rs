//! The elements of a message in a shard's log, parsed with the contract's own readers.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use wallet_contract::event::{Event, Fact, RequestFact};
use wallet_contract::headers::Headers;
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::parking::Instruction;
use wallet_contract::request::{self, Context};
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{Subject, Verb};
use wallet_contract::{element, envelope};

/// A message in a shard's stream.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its sequence in the stream, counted from 1.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub payload: Bytes,
    /// The trace in its headers: see [`wallet_contract::headers`].
    pub traceparent: Option<String>,
    /// The event id in its headers.
    pub event_id: Option<String>,
}

/// One element of a message.
#[derive(Debug)]
pub struct Entry {
    /// Its position.
    pub place: LogPlace,
    /// Its content.
    pub what: What,
}

/// The content of an element.
#[derive(Debug)]
pub enum What {
    /// A client's request.
    Request {
        /// Derived from account, client id, verb and content.
        id: EventId,
        /// The client's id.
        transfer: TransferId,
        /// The account whose authority is used.
        account: AccountId,
        /// The verb.
        verb: Verb,
    },
    /// A service's decision, with a hash of its text.
    Event(Box<Event>, u64),
    /// An element that must have been parked, and why.
    Unreadable(String),
}

/// Parses a message of `shard`'s log. Unreadable elements become entries too.
pub fn read(message: &Message, shard: Shard) -> Vec<Entry> {
    let whole = |detail: String| {
        vec![Entry {
            place: LogPlace::message(message.sequence),
            what: What::Unreadable(detail),
        }]
    };
    let subject = match Subject::read(&message.subject, shard) {
        Ok(subject) => subject,
        Err(bad) => return whole(bad.to_string()),
    };
    let read = match Context::of(
        &subject,
        message.traceparent.as_deref(),
        message.event_id.as_deref(),
    ) {
        Some((context, against)) => requests(message, context, against),
        None => events(message, &subject),
    };
    match read {
        Ok(elements) => {
            let entries = (0..).zip(elements).map(|(index, what)| Entry {
                place: LogPlace::element(message.sequence, index),
                what: what.unwrap_or_else(What::Unreadable),
            });
            entries.collect()
        }
        Err(detail) => whole(detail),
    }
}

/// The text of an element of a message, as the services store it.
pub fn text(message: &Message, shard: Shard, index: u32) -> Option<String> {
    let headers = Headers {
        traceparent: message.traceparent.clone(),
        event_id: message.event_id.clone(),
    };
    element::text(shard, &message.subject, &headers, &message.payload, index)
}

type Elements = Result<Vec<Result<What, String>>, String>;

fn requests(message: &Message, context: Context<'_>, against: Option<&str>) -> Elements {
    let elements = request::elements(&message.payload, context, against).map_err(|bad| bad.to_string())?;
    let what = elements.into_iter().map(|element| {
        let request = element.request.map_err(|bad| bad.to_string())?;
        Ok(What::Request {
            id: request.id,
            transfer: request.transfer,
            account: request.account,
            verb: request.verb,
        })
    });
    Ok(what.collect())
}

fn events(message: &Message, subject: &Subject) -> Elements {
    let length = message.payload.len();
    if length > MAX_MESSAGE_BYTES {
        return Err(format!(
            "a message of {length} bytes: the limit is {MAX_MESSAGE_BYTES}"
        ));
    }
    // Not part of a flow: the result of an instruction is an event.
    if *subject == Subject::Fill {
        return Ok(Vec::new());
    }
    if let Subject::Parking(_) = subject {
        let read = Instruction::read(&message.payload);
        return read.map(|_| Vec::new()).map_err(|bad| bad.to_string());
    }
    let elements = envelope::split(&message.payload).map_err(|bad| bad.to_string())?;
    Ok(elements.into_iter().map(event).collect())
}

fn event(json: &str) -> Result<What, String> {
    let event = envelope::read(json).map_err(|bad| bad.to_string())?;
    if let Fact::Request(account, RequestFact::RequestRecalled(verb, ..)) = &event.fact {
        return Ok(What::Request {
            id: event.id,
            transfer: event.transfer,
            account: account.clone(),
            verb: *verb,
        });
    }
    let mut hasher = DefaultHasher::new();
    json.hash(&mut hasher);
    Ok(What::Event(Box::new(event), hasher.finish()))
}
