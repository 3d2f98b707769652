//! Messages as elements: what each says, before anybody decides whether it concerns them.

use std::borrow::Cow;

use wallet_contract::envelope;
use wallet_contract::log::LogPlace;
use wallet_contract::parking::Instruction;
use wallet_contract::request::{self, Context};
use wallet_contract::shard::Shard;
use wallet_contract::stream::MAX_MESSAGE_BYTES;
use wallet_contract::subject::{self, Service, Subject};
use wallet_kernel::Input;

use crate::batch::{About, of, unread};
use crate::bus::Message;
use crate::store::ParkedRow;

/// One element of a message.
#[derive(Debug)]
pub(super) struct Element<'m> {
    pub(super) message: &'m Message,
    /// Its place: an element, or the whole message if that can't be read.
    pub(super) place: LogPlace,
    pub(super) what: What<'m>,
}

/// What an element says.
#[derive(Debug)]
pub(super) enum What<'m> {
    /// An input, and its text.
    Input(Box<Input>, Cow<'m, str>),
    /// Something that can't be read, which the service must park.
    Unreadable {
        detail: String,
        body: Cow<'m, [u8]>,
        about: Option<About>,
    },
}

impl Element<'_> {
    /// What it is about, if that is known.
    pub(super) fn about(&self) -> Option<About> {
        match &self.what {
            What::Input(input, _) => Some(of(input)),
            What::Unreadable { about, .. } => about.clone(),
        }
    }

    /// The element as a parked row. It is kept whole if later elements wait for it, since it may be handled after all.
    pub(super) fn parked(&self, detail: &str, about: Option<About>, at_us: i64) -> ParkedRow {
        let body = match &self.what {
            What::Input(_, raw) => raw.as_bytes(),
            What::Unreadable { body, .. } => body,
        };
        let row = unread(self.message, at_us, self.place, detail, body);
        match about {
            Some((transfer, account)) => ParkedRow {
                body: String::from_utf8_lossy(body).into_owned(),
                transfer: Some(transfer),
                account,
                traceparent: self.message.traceparent.clone(),
                event_id: self.message.event_id.clone(),
                ..row
            },
            None => row,
        }
    }
}

/// The elements of a message that `service` must handle or park. An instruction has none: it is followed as a whole.
pub(super) fn elements(message: &Message, service: Service, here: Shard) -> Vec<Element<'_>> {
    let whole = |detail: String| {
        let what = What::Unreadable {
            detail,
            body: Cow::Borrowed(&message.payload),
            about: None,
        };
        vec![Element {
            message,
            place: LogPlace::message(message.sequence),
            what,
        }]
    };
    let owns = subject::owner(&message.subject) == service;
    match Subject::read(&message.subject, here) {
        Ok(subject) if subject.heard_by(service) || is_restored(&subject, message, service) => {
            match said(message, &subject, owns) {
                Ok(said) => said,
                Err(detail) if owns || is_parked_by_all(&subject) => whole(detail),
                Err(_) => Vec::new(),
            }
        }
        Err(bad) if owns => whole(bad.to_string()),
        Ok(_) | Err(_) => Vec::new(),
    }
}

/// Whether a message restores what the service has said itself. That includes requests which nobody else has.
fn is_restored(subject: &Subject, message: &Message, service: Service) -> bool {
    let is_own = matches!(subject, Subject::Events(from) if from.service == service);
    is_own && message.writer.is_some() && subject::is_healed(&message.subject)
}

/// An unreadable request is parked by the service that would have decided on it; an unreadable event, by every service that hears it.
fn is_parked_by_all(subject: &Subject) -> bool {
    match subject {
        Subject::Request(..) | Subject::Unknown(..) | Subject::Bulk | Subject::Fill => false,
        Subject::Events(_) | Subject::Parking(_) => true,
    }
}

fn said<'m>(message: &'m Message, subject: &Subject, owns: bool) -> Result<Vec<Element<'m>>, String> {
    let (traceparent, event_id) = (message.traceparent.as_deref(), message.event_id.as_deref());
    let whats = match (Context::of(subject, traceparent, event_id), subject) {
        (Some((context, against)), _) => requests(&message.payload, context, against, owns)?,
        (None, Subject::Parking(_)) => {
            within_limit(&message.payload)?;
            return Instruction::read(&message.payload)
                .map(|_| Vec::new())
                .map_err(|bad| bad.to_string());
        }
        (None, _) => events(&message.payload)?,
    };
    let elements = (0..).zip(whats).filter_map(|(index, what)| {
        Some(Element {
            message,
            place: LogPlace::element(message.sequence, index),
            what: what?,
        })
    });
    Ok(elements.collect())
}

fn requests<'m>(
    payload: &'m [u8],
    context: Context<'_>,
    against: Option<&str>,
    owns: bool,
) -> Result<Vec<Option<What<'m>>>, String> {
    let elements = request::elements(payload, context, against).map_err(|bad| bad.to_string())?;
    let whats = elements.into_iter().map(|element| match element.request {
        Ok(request) => Some(What::Input(Box::new(Input::Request(request)), element.raw)),
        Err(bad) => owns.then(|| What::Unreadable {
            detail: bad.to_string(),
            body: match element.raw {
                Cow::Borrowed(raw) => Cow::Borrowed(raw.as_bytes()),
                Cow::Owned(raw) => Cow::Owned(raw.into_bytes()),
            },
            about: None,
        }),
    });
    Ok(whats.collect())
}

fn events(payload: &[u8]) -> Result<Vec<Option<What<'_>>>, String> {
    within_limit(payload)?;
    let elements = envelope::split(payload).map_err(|bad| bad.to_string())?;
    let whats = elements.into_iter().map(|raw| {
        Some(match envelope::read(raw) {
            Ok(event) => What::Input(Box::new(Input::Event(event)), Cow::Borrowed(raw)),
            Err(bad) => What::Unreadable {
                detail: bad.to_string(),
                body: Cow::Borrowed(raw.as_bytes()),
                about: envelope::of(raw).map(|(transfer, account)| (transfer.0, account)),
            },
        })
    });
    Ok(whats.collect())
}

fn within_limit(payload: &[u8]) -> Result<(), String> {
    let length = payload.len();
    if length > MAX_MESSAGE_BYTES {
        return Err(format!(
            "a message of {length} bytes: the limit is {MAX_MESSAGE_BYTES}"
        ));
    }
    Ok(())
}
