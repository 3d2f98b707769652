//! The wire form of events: one NATS message holds a JSON array of CloudEvents 1.0 (the batch format).
//!
//! Reading borrows from the message and returns each element's original text, so that it can be stored without being serialised
//! again. An unknown type or version is an error of that element alone.

mod data;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use self::data::{Data, Text, borrowed, owned, to_data, to_fact};
use crate::event::{Event, Source};
use crate::id::{EventId, TransferId};
use crate::log::BadPlace;
use crate::shard::Shard;
use crate::subject::Service;
use crate::trace::TraceId;

/// The content type of an envelope (CloudEvents NATS binding, batched).
pub const CONTENT_TYPE: &str = "application/cloudevents-batch+json";

/// The maximum number of events in one envelope; a service publishes some hundreds at most.
pub const MAX_EVENTS: usize = 10_000;

/// Why bytes are not an envelope, or why an element of one is not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or JSON of another shape.
    #[error("not a CloudEvent of the wallet: {0}")]
    Json(String),
    /// Too many events.
    #[error("{0} events in one envelope: the limit is {MAX_EVENTS}")]
    TooMany(usize),
    /// A type or version unknown to this program.
    #[error("unknown event type {0:?}: a newer service may have published it")]
    Type(String),
    /// An attribute that is missing or invalid.
    #[error("attribute {name:?} of {kind}: {detail}")]
    Attribute {
        /// The event's type.
        kind: String,
        /// The attribute's name.
        name: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    specversion: Text<'a>,
    id: Uuid,
    #[serde(borrow)]
    source: Text<'a>,
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    subject: Uuid,
    time: Timestamp,
    #[serde(borrow)]
    traceparent: Text<'a>,
    causationid: Uuid,
    correlationid: Text<'a>,
    #[serde(borrow)]
    position: Text<'a>,
    #[serde(default)]
    workus: u32,
    #[serde(borrow)]
    data: Data<'a>,
}

/// Serialises one event as a JSON object.
pub fn write(event: &Event) -> String {
    let wire = Wire {
        specversion: borrowed("1.0"),
        id: event.id.0,
        source: owned(format!("/{}/{}", event.source.service.name(), event.source.shard)),
        kind: borrowed(event.fact.kind().name()),
        subject: event.transfer.0,
        time: event.time,
        traceparent: owned(event.trace.traceparent(event.id)),
        causationid: event.cause.0,
        correlationid: owned(event.trace.to_string()),
        position: owned(event.place.short()),
        workus: event.work_us,
        data: to_data(&event.fact),
    };
    serde_json::to_string(&wire).expect("strings, numbers and UUIDs are always JSON")
}

/// Joins serialised events into one envelope.
pub fn join<'a>(events: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut envelope = vec![b'['];
    for event in events {
        if envelope.len() > 1 {
            envelope.push(b',');
        }
        envelope.extend_from_slice(event.as_bytes());
    }
    envelope.push(b']');
    envelope
}

/// Splits an envelope into its events, each as JSON text.
pub fn split(payload: &[u8]) -> Result<Vec<&str>, Unreadable> {
    let elements: Vec<&RawValue> =
        serde_json::from_slice(payload).map_err(|error| Unreadable::Json(error.to_string()))?;
    if elements.len() > MAX_EVENTS {
        return Err(Unreadable::TooMany(elements.len()));
    }
    Ok(elements.into_iter().map(RawValue::get).collect())
}

/// Reads one event.
pub fn read(json: &str) -> Result<Event, Unreadable> {
    let wire: Wire<'_> = serde_json::from_str(json).map_err(|error| Unreadable::Json(error.to_string()))?;
    let kind = &*wire.kind.0;
    let bad = |name, detail: String| Unreadable::Attribute {
        kind: kind.to_owned(),
        name,
        detail,
    };
    if wire.specversion.0 != "1.0" {
        return Err(bad(
            "specversion",
            format!("{:?} is not \"1.0\"", wire.specversion.0),
        ));
    }
    let source = source(&wire.source.0).ok_or_else(|| bad("source", format!("{:?}", wire.source.0)))?;
    let trace =
        TraceId::from_traceparent(&wire.traceparent.0).map_err(|e| bad("traceparent", e.to_string()))?;
    let place = wire.position.0.parse();
    let place = place.map_err(|error: BadPlace| bad("position", error.to_string()))?;
    Ok(Event {
        id: EventId(wire.id),
        cause: EventId(wire.causationid),
        source,
        place,
        time: wire.time,
        work_us: wire.workus,
        transfer: TransferId(wire.subject),
        trace,
        fact: to_fact(kind, &wire.data)?,
    })
}

/// The transfer that an event belongs to, and the account whose standing it may report, even if the rest of the event can't be read.
pub fn of(json: &str) -> Option<(TransferId, Option<String>)> {
    #[derive(Deserialize)]
    struct Named {
        subject: Uuid,
        #[serde(default)]
        data: Data,
    }
    #[derive(Default, Deserialize)]
    struct Data {
        #[serde(default)]
        account: Option<String>,
    }
    let named: Named = serde_json::from_str(json).ok()?;
    Some((TransferId(named.subject), named.data.account))
}

fn source(text: &str) -> Option<Source> {
    let (service, shard) = text.strip_prefix('/')?.split_once('/')?;
    let service = Service::ALL.into_iter().find(|s| s.name() == service)?;
    Some(Source {
        service,
        shard: Shard(shard.parse().ok()?),
    })
}
