//! Parked messages, and their resolutions, as events.

use uuid::Uuid;
use wallet_contract::event::{Cause, Event, Fact, MessageFact, Parked, Resolved, Source};
use wallet_contract::id::{AccountId, EventId, TransferId, derive};
use wallet_contract::log::LogPlace;
use wallet_contract::reason::sentence;
use wallet_contract::recall;
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_kernel::{Heard, Input};

use super::Moment;
use crate::bus::Message;
use crate::store::ParkedRow;

/// The reason for parking something that can be read.
pub const WAITS: &str = "waits for a parked message of the same transfer or account";

/// A transfer, and the account whose standing an input about it reports or asks to change.
pub type About = (Uuid, Option<String>);

/// What an input is about.
pub fn of(input: &Input) -> About {
    let account = match input {
        Input::Request(request) if request.verb.flow() != Verb::Transfer => Some(&request.account),
        Input::Event(event) => event.fact.account_with_standing(),
        Input::Request(_) | Input::Due(_) => None,
    };
    (input.as_cause().transfer.0, account.map(ToString::to_string))
}

/// A row for something that can't be read. Only the beginning of its text is kept: the log has the rest.
pub(crate) fn unread(message: &Message, at_us: i64, place: LogPlace, detail: &str, body: &[u8]) -> ParkedRow {
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

/// Parks an instruction that can't be followed.
pub(crate) fn park_instruction(message: &Message, at_us: i64, why: &str) -> ParkedRow {
    let place = LogPlace::message(message.sequence);
    unread(message, at_us, place, why, &message.payload)
}

/// A derived id for a parked message, which is neither a request nor an event but a position in a log. It begins with the message's time.
fn named(row: &ParkedRow, source: Source) -> EventId {
    let Source { service, shard } = source;
    let milliseconds = u64::try_from(row.at_us / 1000).unwrap_or_default();
    let time = Uuid::from_u64_pair(milliseconds << 16, 0);
    let place = format!("{service}/{shard}/{}/{:?}", row.place.sequence, row.place.element);
    derive(&AccountId::world(), time, &[place.as_bytes()])
}

fn cause(row: &ParkedRow, source: Source) -> Cause {
    let id = named(row, source);
    Cause {
        id,
        transfer: TransferId(id.0),
        trace: TraceId::started_by(id),
    }
}

/// The events that report parked messages.
pub fn parked(rows: &[ParkedRow], moment: Moment) -> Vec<Event> {
    let events = rows.iter().map(|row| {
        let fact = Fact::Message(MessageFact::MessageParked(Parked {
            place: row.place,
            subject: row.subject.clone(),
            detail: row.detail.clone(),
            transfer: row.transfer.map(TransferId),
        }));
        moment.event(fact, cause(row, moment.source), row.place)
    });
    events.collect()
}

/// The events that report how parked messages were resolved.
pub fn resolved(resolved: &[(ParkedRow, Resolved)], moment: Moment) -> Vec<Event> {
    let events = resolved.iter().map(|(row, resolved)| {
        let fact = Fact::Message(MessageFact::MessageResolved(resolved.clone()));
        moment.event(
            fact,
            cause(row, moment.source),
            LogPlace::message(resolved.instruction),
        )
    });
    events.collect()
}

/// The events that report requests which an instruction has put in place of an unreadable one.
pub fn mended(heard: &[Heard<'_>], moment: Moment) -> Vec<Event> {
    let events = heard.iter().filter_map(|heard| match &heard.input {
        Input::Request(request) => Some(recall::mended(
            request,
            heard.place.sequence,
            moment.origin(moment.place_of(heard)),
        )),
        Input::Event(_) | Input::Due(_) => None,
    });
    events.collect()
}
