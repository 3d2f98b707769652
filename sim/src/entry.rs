//! What stands in a message, read with the contract's own readers, and not by the loop that is under test.

use wallet_contract::decider::Input;
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{self, Service, Subject, Verb};
use wallet_contract::{envelope, request};
use wallet_runtime::bus::Message;

/// One element of a message.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Which element; none is the whole message.
    pub(crate) index: Option<u32>,
    /// What it says, or why it can't be read.
    pub(crate) what: Result<Input, String>,
    /// Who must park it if it can't be read.
    parked_by: &'static [Service],
}

impl Entry {
    /// Whether `service` must set it aside.
    pub(crate) fn is_parked_by(&self, service: Service) -> bool {
        self.what.is_err() && self.parked_by.contains(&service)
    }
}

/// A message with what it says.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) message: Message,
    subject: Option<Subject>,
    pub(crate) entries: Vec<Entry>,
}

impl Stored {
    /// Reads a message of `shard`'s log.
    pub(crate) fn read(message: Message, shard: Shard) -> Self {
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
            subject,
            entries,
        }
    }

    /// Whether it tells `service` what to do about what it has set aside.
    pub(crate) fn instructs(&self, service: Service) -> bool {
        self.subject == Some(Subject::Parking(service))
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
    if message.payload.len() > MAX_MESSAGE_BYTES {
        return vec![unreadable(None, "too large".to_owned(), parked_by)];
    }
    let elements = match subject {
        Subject::Request(..) | Subject::Bulk => {
            request::split(&message.payload).map_err(|bad| bad.to_string())
        }
        Subject::Events(_) => envelope::split(&message.payload).map_err(|bad| bad.to_string()),
        // It is followed as a whole: see the refold.
        Subject::Parking(_) => Ok(Vec::new()),
    };
    match elements {
        Ok(elements) => {
            let entries = (0..).zip(elements).map(|(index, json)| Entry {
                index: Some(index),
                what: element(message, subject, json),
                parked_by,
            });
            entries.collect()
        }
        Err(detail) => vec![unreadable(None, detail, parked_by)],
    }
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
        Subject::Request(..) | Subject::Bulk => alone(subject::owner(text)),
        Subject::Events(Service::Debit) => &[Service::Credit, Service::Ledger],
        Subject::Events(Service::Credit) => &[Service::Debit, Service::Ledger],
        Subject::Events(Service::Ledger) => &[Service::Ledger],
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

fn element(message: &Message, subject: &Subject, json: &str) -> Result<Input, String> {
    let asked = |verb, account| {
        let context = request::Context {
            verb,
            account,
            traceparent: message.traceparent.as_deref(),
            event_id: message.event_id.as_deref(),
        };
        let request = request::read(json, context).map_err(|bad| bad.to_string())?;
        Ok(Input::Request(request))
    };
    match subject {
        Subject::Request(verb, account) => asked(*verb, Some(account)),
        Subject::Bulk => asked(Verb::Transfer, None),
        Subject::Events(_) => envelope::read(json)
            .map(Input::Event)
            .map_err(|bad| bad.to_string()),
        Subject::Parking(_) => Err("an instruction has no elements".to_owned()),
    }
}
