//! The pure middle of the loop: from messages to inputs, from inputs to decisions.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;
use wallet_contract::decider::{Decider, Due, Heard, Input, Place};
use wallet_contract::event::{Cause, Event, Fact, Parked, Source};
use wallet_contract::id::{AccountId, EventId, TransferId, derive};
use wallet_contract::reason::sentence;
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{self, Service, Subject, Verb};
use wallet_contract::trace::TraceId;
use wallet_contract::{envelope, request};

use crate::bus::Message;
use crate::store::{Outgoing, ParkedRow};

/// What a run of messages says to one service.
#[derive(Debug, Default)]
pub struct Batch<'m> {
    /// What can be read and concerns it, in the order of the log.
    pub heard: Vec<Heard<'m>>,
    /// What can't be read.
    pub parked: Vec<ParkedRow>,
}

/// Reads messages as `service` hears them. `at_us` is the log's time so far, which never goes back.
pub fn read<C: Decider>(messages: &[Message], service: Service, place: Place, mut at_us: i64) -> Batch<'_> {
    let mut batch = Batch::default();
    for message in messages {
        at_us = at_us.max(message.at_us);
        let reading = Reading {
            message,
            service,
            at_us,
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

struct Reading<'m> {
    message: &'m Message,
    service: Service,
    at_us: i64,
}

impl<'m> Reading<'m> {
    fn read<C: Decider>(&self, subject: &Subject, place: Place, batch: &mut Batch<'m>) {
        let payload = &*self.message.payload;
        if payload.len() > MAX_MESSAGE_BYTES {
            let detail = format!(
                "a message of {} bytes: the limit is {MAX_MESSAGE_BYTES}",
                payload.len()
            );
            return self.set_aside(subject, None, &detail, payload, batch);
        }
        let elements = match subject {
            Subject::Request(..) | Subject::Bulk => request::split(payload).map_err(|bad| bad.to_string()),
            Subject::Events(_) => envelope::split(payload).map_err(|bad| bad.to_string()),
        };
        let elements = match elements {
            Ok(elements) => elements,
            Err(detail) => return self.set_aside(subject, None, &detail, payload, batch),
        };
        for (index, raw) in (0..).zip(elements) {
            match self.element(subject, raw) {
                Ok(input) if C::concerns(&input, place) => {
                    let sequence = self.message.sequence;
                    batch.heard.push(Heard {
                        input,
                        raw,
                        sequence,
                        index,
                        at_us: self.at_us,
                    });
                }
                Ok(_) => {}
                Err(detail) => self.set_aside(subject, Some(index), &detail, raw.as_bytes(), batch),
            }
        }
    }

    fn element(&self, subject: &Subject, raw: &str) -> Result<Input, String> {
        let context = |verb, account| request::Context {
            verb,
            account,
            traceparent: self.message.traceparent.as_deref(),
            event_id: self.message.event_id.as_deref(),
        };
        let asked = |context| {
            request::read(raw, context)
                .map(Input::Request)
                .map_err(|bad| bad.to_string())
        };
        match subject {
            Subject::Request(verb, account) => asked(context(*verb, Some(account))),
            Subject::Bulk => asked(context(Verb::Transfer, None)),
            Subject::Events(_) => envelope::read(raw)
                .map(Input::Event)
                .map_err(|bad| bad.to_string()),
        }
    }

    /// A request that can't be read is parked by the service that would have decided it; an event by each who hears it.
    fn set_aside(
        &self,
        subject: &Subject,
        index: Option<u32>,
        detail: &str,
        body: &[u8],
        batch: &mut Batch<'m>,
    ) {
        let ours = match subject {
            Subject::Request(..) | Subject::Bulk => subject::owner(&self.message.subject) == self.service,
            Subject::Events(_) => true,
        };
        if ours {
            batch.parked.push(self.park(index, detail, body));
        }
    }

    fn park(&self, index: Option<u32>, detail: &str, body: &[u8]) -> ParkedRow {
        let kept = &body[..body.len().min(ParkedRow::MAX_BODY)];
        ParkedRow {
            sequence: self.message.sequence,
            index,
            subject: sentence(&self.message.subject),
            detail: sentence(detail),
            // A zero byte is text to us, but not to PostgreSQL.
            body: String::from_utf8_lossy(kept).replace('\0', "\u{fffd}"),
            at_us: self.at_us,
        }
    }
}

/// Takes out what was handled before, or stands twice in this batch, and gives it back.
pub fn without_repeats<'m>(heard: &mut Vec<Heard<'m>>, mut known: BTreeSet<Uuid>) -> Vec<Heard<'m>> {
    let repeats = heard.extract_if(.., |input| !known.insert(input.input.as_cause().id.0));
    repeats.collect()
}

/// When and where a batch is decided.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Who decides.
    pub source: Source,
    /// When the batch was taken from the log.
    pub taken: Timestamp,
    /// When it is decided.
    pub now: Timestamp,
}

impl Moment {
    fn event(self, fact: Fact, cause: Cause) -> Event {
        let work = self.now.duration_since(self.taken).as_micros();
        Event::new(
            fact,
            cause,
            self.source,
            self.now,
            u32::try_from(work.max(0)).unwrap_or(u32::MAX),
        )
    }
}

/// Decides a batch, in the order of the log.
pub fn decide<C: Decider>(
    state: &mut C::State,
    heard: &[Heard<'_>],
    place: Place,
    moment: Moment,
) -> Vec<Event> {
    let mut events = Vec::with_capacity(heard.len());
    for input in heard {
        let decision = C::decide(state, input, place);
        let event = decision.map(|fact| moment.event(fact, C::cause(state, &input.input)));
        C::hear(state, input, place);
        if let Some(event) = event {
            C::evolve(state, &event, place);
            events.push(event);
        }
    }
    events
}

/// What is due, as it is heard. It stands in no log.
pub fn due(due: Vec<Due>, now_us: i64) -> Batch<'static> {
    let heard = due.into_iter().map(|due| Heard {
        input: Input::Due(due),
        raw: "",
        sequence: 0,
        index: 0,
        at_us: now_us,
    });
    Batch {
        heard: heard.collect(),
        parked: Vec::new(),
    }
}

/// The number of the event that was decided on each input, if one was; events are numbered from behind `last_no`.
pub fn decisions(heard: &[Heard<'_>], events: &[Event], last_no: i64) -> Vec<Option<i64>> {
    let mut numbered = (last_no.saturating_add(1)..).zip(events).peekable();
    let mut number = |heard: &Heard<'_>| {
        let cause = heard.input.as_cause().id;
        numbered
            .next_if(|(_, event)| event.cause == cause)
            .map(|(no, _)| no)
    };
    heard.iter().map(&mut number).collect()
}

/// The events that tell what was set aside.
pub fn parked(rows: &[ParkedRow], moment: Moment) -> Vec<Event> {
    let told = rows.iter().map(|row| {
        let Source { service, shard } = moment.source;
        // The cause is no request and no event, but a place in a log: a made-up id with its time in front.
        let milliseconds = u64::try_from(row.at_us / 1000).unwrap_or_default();
        let time = Uuid::from_u64_pair(milliseconds << 16, 0);
        let place = format!("{service}/{shard}/{}/{:?}", row.sequence, row.index);
        let EventId(id) = derive(&AccountId::world(), time, &[place.as_bytes()]);
        let cause = Cause {
            id: EventId(id),
            transfer: TransferId(id),
            trace: TraceId::begun_by(EventId(id)),
        };
        let fact = Fact::MessageParked(Parked {
            sequence: row.sequence,
            index: row.index,
            subject: row.subject.clone(),
            detail: row.detail.clone(),
        });
        moment.event(fact, cause)
    });
    told.collect()
}

/// Numbers events and writes them as they will be stored and published.
pub fn outgoing(events: &[Event], place: Place, last_no: i64) -> Vec<Outgoing> {
    let numbered = (last_no.saturating_add(1)..).zip(events).map(|(no, event)| {
        let (first, then) = event.fact.destinations(place.shard, place.shards);
        Outgoing {
            no,
            id: event.id,
            first,
            then,
            json: envelope::write(event),
        }
    });
    numbered.collect()
}
