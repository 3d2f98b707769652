//! What stands in a message of a shard's log, element by element, read with the contract's own readers.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use wallet_contract::event::{Event, Fact};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::parking::Instruction;
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{Subject, Verb};
use wallet_contract::{envelope, request};

/// A message as it stands in a shard's stream.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Its place in the stream, counted from 1.
    pub sequence: u64,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub payload: Bytes,
    /// The `traceparent` header.
    pub traceparent: Option<String>,
    /// The `ce-id` header of a `CloudEvent` in binary mode.
    pub event_id: Option<String>,
}

/// Where something stands in a shard's log: the message, and which element of it; none is the whole message.
pub type Place = (u64, Option<u32>);

/// One element of a message.
#[derive(Debug)]
pub struct Entry {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub what: What,
}

/// What an element of a message is.
#[derive(Debug)]
pub enum What {
    /// Something that a client asks.
    Request {
        /// Derived from account, client id, verb and content.
        id: EventId,
        /// The client's name for it.
        transfer: TransferId,
        /// Whose authority is used.
        account: AccountId,
        /// What is asked.
        verb: Verb,
    },
    /// Something that a service has decided, with a hash of its text.
    Event(Box<Event>, u64),
    /// Something that must have been parked, and why.
    Unreadable(String),
}

/// Reads a message of `shard`'s log. What can't be read is an entry too.
pub fn read(message: &Message, shard: Shard) -> Vec<Entry> {
    let whole = |detail: String| {
        vec![Entry {
            place: (message.sequence, None),
            what: What::Unreadable(detail),
        }]
    };
    let subject = match Subject::read(&message.subject, shard) {
        Ok(subject) => subject,
        Err(bad) => return whole(bad.to_string()),
    };
    if message.payload.len() > MAX_MESSAGE_BYTES {
        return whole(format!(
            "a message of {} bytes: the limit is {MAX_MESSAGE_BYTES}",
            message.payload.len()
        ));
    }
    let elements = match &subject {
        Subject::Request(..) | Subject::Bulk => {
            request::split(&message.payload).map_err(|bad| bad.to_string())
        }
        Subject::Events(_) => envelope::split(&message.payload).map_err(|bad| bad.to_string()),
        // Nothing of a flow: what came of it is an event.
        Subject::Parking(_) => match Instruction::read(&message.payload) {
            Ok(_) => return Vec::new(),
            Err(bad) => Err(bad.to_string()),
        },
    };
    match elements {
        Ok(elements) => {
            let entries = (0..).zip(elements).map(|(index, json)| Entry {
                place: (message.sequence, Some(index)),
                what: element(message, &subject, json).unwrap_or_else(What::Unreadable),
            });
            entries.collect()
        }
        Err(detail) => whole(detail),
    }
}

fn element(message: &Message, subject: &Subject, json: &str) -> Result<What, String> {
    let asked = |verb, account| {
        let (traceparent, event_id) = (message.traceparent.as_deref(), message.event_id.as_deref());
        let request = request::read(
            json,
            request::Context {
                verb,
                account,
                traceparent,
                event_id,
            },
        );
        let request = request.map_err(|bad| bad.to_string())?;
        Ok(What::Request {
            id: request.id,
            transfer: request.transfer,
            account: request.account,
            verb: request.verb,
        })
    };
    match subject {
        Subject::Request(verb, account) => asked(*verb, Some(account)),
        Subject::Bulk => asked(Verb::Transfer, None),
        Subject::Events(_) => {
            let event = envelope::read(json).map_err(|bad| bad.to_string())?;
            if let Fact::RequestRecalled(account, verb, _) = &event.fact {
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
        Subject::Parking(_) => Err("an instruction has no elements".to_owned()),
    }
}
