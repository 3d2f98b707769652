//! How a service reads a message.

use std::collections::BTreeMap;

use wallet_contract::event::Event;
use wallet_contract::headers::Headers;
use wallet_contract::parking::Instruction;
use wallet_contract::request::{Context, Request};
use wallet_contract::subject::Subject;
use wallet_contract::{envelope, request};

/// One element of a message, as read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Request(Request),
    Event(Event),
    Instruction(Instruction),
}

/// Reads a message body on a subject, as the services do; an element that can't be read has an error.
pub(crate) fn read(
    subject: &Subject,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Result<Vec<Result<Reading, String>>, String> {
    let Headers {
        traceparent,
        event_id,
    } = Headers::read(
        headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    if let Some((context, against)) = Context::of(subject, traceparent.as_deref(), event_id.as_deref()) {
        let elements = request::elements(body, context, against).map_err(|bad| bad.to_string())?;
        let requests = elements.into_iter().map(|element| {
            let request = element.request.map(Reading::Request);
            request.map_err(|bad| bad.to_string())
        });
        return Ok(requests.collect());
    }
    if let Subject::Parking(_) = subject {
        let instruction = Instruction::read(body).map_err(|bad| bad.to_string())?;
        return Ok(vec![Ok(Reading::Instruction(instruction))]);
    }
    let event = |json: &&str| {
        envelope::read(json)
            .map(Reading::Event)
            .map_err(|bad| bad.to_string())
    };
    let elements = envelope::split(body).map_err(|bad| bad.to_string())?;
    Ok(elements.iter().map(event).collect())
}
