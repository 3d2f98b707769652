//! The contents of a message, read with the contract's own readers rather than with the loop under test.

use wallet_contract::envelope;
use wallet_contract::parking::{self, Action, Instruction, Replacement};
use wallet_contract::request::{self, Context, Element, Request};
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{self, Service, Subject};
use wallet_engine::bus::Message;
use wallet_engine::store::ParkedRow;
use wallet_kernel::Input;

/// One element of a message.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The index of the element, or none for the whole message.
    pub(crate) index: Option<u32>,
    /// The decoded input, or why it can't be read.
    pub(crate) what: Result<Input, String>,
    /// The services that must park it if it can't be read.
    parked_by: &'static [Service],
}

impl Entry {
    /// Whether `service` must park it.
    pub(crate) fn is_parked_by(&self, service: Service) -> bool {
        self.what.is_err() && self.parked_by.contains(&service)
    }
}

/// A message and its decoded elements.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) message: Message,
    /// The latest time the server had shown to anybody when it stored this message, in microseconds since 1970.
    pub(crate) told_us: i64,
    subject: Option<Subject>,
    pub(crate) entries: Vec<Entry>,
}

impl Stored {
    /// Reads a message of `shard`'s log.
    pub(crate) fn read(message: Message, told_us: i64, shard: Shard) -> Self {
        let subject = Subject::read(&message.subject, shard);
        let (entries, subject) = match subject {
            Ok(subject) => (entries(&message, &subject), Some(subject)),
            Err(bad) => {
                let parked_by = alone(subject::owner(&message.subject));
                (vec![unreadable(None, bad.to_string(), parked_by)], None)
            }
        };
        Self {
            message,
            told_us,
            subject,
            entries,
        }
    }

    /// Its requests and events that can be read.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.entries.iter().filter_map(|entry| entry.what.as_ref().ok())
    }

    /// Whether it is an instruction to `service` about its parked messages.
    pub(crate) fn instructs(&self, service: Service) -> bool {
        self.subject == Some(Subject::Parking(service))
    }

    /// The text of one of its requests.
    pub(crate) fn text(&self, index: u32) -> Option<String> {
        let elements = asked(&self.message, self.subject.as_ref()?)?.ok()?;
        let element = elements.into_iter().nth(usize::try_from(index).ok()?)?;
        Some(element.raw.into_owned())
    }

    /// The requests with which this instruction replaces a parked message; none if it discards that message.
    pub(crate) fn mends(&self, row: &ParkedRow, shard: Shard) -> Result<Vec<Request>, String> {
        let instruction = Instruction::read(&self.message.payload).map_err(|bad| bad.to_string())?;
        let Action::Replace(Replacement::Text(text)) = instruction.action else {
            return Ok(Vec::new());
        };
        let subject = Subject::read(&row.subject, shard).map_err(|bad| bad.to_string())?;
        parking::requests(&subject, &text)
    }

    /// Whether `service` reads it at all.
    pub(crate) fn is_heard_by(&self, service: Service) -> bool {
        self.subject
            .as_ref()
            .is_some_and(|subject| subject.heard_by(service))
    }
}

fn entries(message: &Message, subject: &Subject) -> Vec<Entry> {
    let parked_by = parked_by(subject, &message.subject);
    let read = match asked(message, subject) {
        Some(read) => read.map(|elements| {
            let asked = elements
                .into_iter()
                .map(|element| element.request.map(Input::Request));
            asked.map(|read| read.map_err(|bad| bad.to_string())).collect()
        }),
        None => said(message, subject),
    };
    match read {
        Ok(elements) => {
            let entries = (0..).zip(elements).map(|(index, what)| Entry {
                index: Some(index),
                what,
                parked_by,
            });
            entries.collect()
        }
        Err(detail) => vec![unreadable(None, detail, parked_by)],
    }
}

/// The requests of a message; nothing if it has none.
fn asked<'m>(message: &'m Message, subject: &Subject) -> Option<Result<Vec<Element<'m>>, String>> {
    let (traceparent, event_id) = (message.traceparent.as_deref(), message.event_id.as_deref());
    let (context, against) = Context::of(subject, traceparent, event_id)?;
    let elements = request::elements(&message.payload, context, against);
    Some(elements.map_err(|bad| bad.to_string()))
}

fn said(message: &Message, subject: &Subject) -> Result<Vec<Result<Input, String>>, String> {
    if message.payload.len() > MAX_MESSAGE_BYTES {
        return Err("too large".to_owned());
    }
    // An instruction is followed as a whole: see the refold.
    if *subject == Subject::Fill {
        return Ok(Vec::new());
    }
    if let Subject::Parking(_) = subject {
        return Ok(Vec::new());
    }
    let elements = envelope::split(&message.payload).map_err(|bad| bad.to_string())?;
    let events = elements
        .into_iter()
        .map(|json| envelope::read(json).map(Input::Event));
    Ok(events.map(|read| read.map_err(|bad| bad.to_string())).collect())
}

fn unreadable(index: Option<u32>, detail: String, parked_by: &'static [Service]) -> Entry {
    Entry {
        index,
        what: Err(detail),
        parked_by,
    }
}

fn parked_by(subject: &Subject, text: &str) -> &'static [Service] {
    match subject {
        Subject::Request(..) | Subject::Unknown(..) | Subject::Bulk => alone(subject::owner(text)),
        Subject::Events(from) => match from.service {
            Service::Debit => &[Service::Credit, Service::Ledger],
            Service::Credit => &[Service::Debit, Service::Ledger],
            Service::Ledger => &[Service::Ledger],
        },
        Subject::Fill => &[],
        Subject::Parking(told) => alone(*told),
    }
}

fn alone(service: Service) -> &'static [Service] {
    match service {
        Service::Debit => &[Service::Debit],
        Service::Credit => &[Service::Credit],
        Service::Ledger => &[Service::Ledger],
    }
}
