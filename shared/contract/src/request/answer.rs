//! Reads one request, and refuses an invalid one if it can be answered.

use std::borrow::Cow;

use serde_json::Value;

use super::body::{self, Named, flawed_id};
use super::cut::Why;
use super::event::{self, CloudEvent};
use super::fields::Body;
use super::known::{self, Known, shown};
use super::stand_in::StandIn;
use super::{Context, Request, Unreadable};
use crate::id::TransferId;
use crate::reason::{Reason, Refusal};
use crate::trace::TraceId;

/// The result of reading a request.
#[derive(Debug)]
pub(super) struct Answered<'t> {
    /// The request.
    pub(super) request: Request,
    /// The same refusal under every other id in the text: the client may be waiting for any of them.
    pub(super) also: Vec<Request>,
    /// The text to record: the original, or a stand-in.
    pub(super) raw: Cow<'t, str>,
}

impl Answered<'_> {
    /// Whether the request is also refused under this id.
    pub(super) fn answers_id(&self, id: &str) -> bool {
        let named = Named::read(id).map(|named| named.id);
        self.also.iter().any(|request| Some(request.transfer) == named)
    }
}

/// Reads one request from its text.
pub(super) fn answer<'t>(json: &'t str, context: Context<'_>) -> Result<Answered<'t>, Unreadable> {
    let header = context.event_id.map(event::header);
    let context = Context {
        event_id: header.as_deref(),
        ..context
    };
    let error = match serde_json::from_str::<Body<'_>>(json) {
        Ok(body) => match body.read(json, context) {
            Ok(request) => return Ok(valid(request, json)),
            Err(unreadable) => unreadable.to_string(),
        },
        Err(error) => match serde_json::from_str::<CloudEvent<'_>>(json) {
            Ok(event) => match known::undecodable(json) {
                Some(why) => return refused(json, &Why::Other(why), context),
                None => return carried(json, &event, context),
            },
            Err(as_event) if json.contains(r#""specversion""#) => {
                known::undecodable(json).unwrap_or_else(|| as_event.to_string())
            }
            Err(_) => error.to_string(),
        },
    };
    if let Some(stand_in) = StandIn::read(json) {
        return refuse(&stand_in.known(), json, context)
            .map(|requests| answered(requests, Cow::Borrowed(json)));
    }
    flawed(json, json, Known::of(json), error, context)
}

/// Reads the request in a `CloudEvent`.
fn carried<'t>(
    json: &'t str,
    event: &CloudEvent<'_>,
    context: Context<'_>,
) -> Result<Answered<'t>, Unreadable> {
    let context = Context {
        traceparent: event.traceparent().or(context.traceparent),
        event_id: event.id().or(context.event_id),
        ..context
    };
    let text = match event.request() {
        Ok(text) => text,
        Err(why) => return flawed(json, json, Known::of(json), why, context),
    };
    let error = match serde_json::from_str::<Body<'_>>(&text) {
        Ok(body) => {
            if let Some(why) = contradiction(body.named(), context.event_id) {
                return flawed(json, json, Known::of(&text), why, context);
            }
            match body.read(&text, context) {
                Ok(request) => return Ok(valid(request, json)),
                Err(unreadable) => unreadable.to_string(),
            }
        }
        Err(error) => format!("\"data\" is {}: {error}", shown(&text)),
    };
    flawed(json, &text, Known::of(&text), error, context)
}

/// The contradiction between two ids that could both be the transfer's, if they differ.
pub(super) fn contradiction(own: Option<TransferId>, event_id: Option<&str>) -> Option<String> {
    let (own, id) = (own?, Named::read(event_id?)?.id);
    (own != id)
        .then(|| format!("the event's id {id} contradicts \"id\" {own} of its data: use one id for both"))
}

/// The refusal of a text.
pub(super) fn refused(text: &str, why: &Why, context: Context<'_>) -> Result<Answered<'static>, Unreadable> {
    let stand_in = StandIn::of(text, why, context);
    let raw = stand_in.write();
    let requests = refuse(&stand_in.known(), &raw, context)?;
    Ok(answered(requests, Cow::Owned(raw)))
}

fn valid(request: Request, json: &str) -> Answered<'_> {
    Answered {
        request,
        also: Vec::new(),
        raw: Cow::Borrowed(json),
    }
}

fn answered((request, also): (Request, Vec<Request>), raw: Cow<'_, str>) -> Answered<'_> {
    Answered { request, also, raw }
}

/// Refuses an invalid request, naming the field. The request's id is derived from `content`.
fn flawed<'t>(
    json: &'t str,
    content: &str,
    known: Known,
    error: String,
    context: Context<'_>,
) -> Result<Answered<'t>, Unreadable> {
    let why = known.flaw.clone().unwrap_or(error);
    match serde_json::from_str(json) {
        Ok(Value::Object(_)) => {
            let known = Known {
                flaw: Some(why),
                ..known
            };
            let requests = refuse(&known, content, context)?;
            Ok(answered(requests, Cow::Borrowed(json)))
        }
        Ok(_) => {
            let why = format!("{} is not a request: use an object", shown(json));
            let bad = |_| Unreadable::Json(format!("{} is not an object", shown(json)));
            refused(json, &Why::Other(why), context).map_err(bad)
        }
        // No other reader could read it either.
        Err(bad) if known.ids.is_empty() && context.event_id.is_none() => {
            Err(Unreadable::Json(bad.to_string()))
        }
        Err(_) => refused(json, &Why::Other(why), context),
    }
}

/// Refuses the request under each of the known ids.
fn refuse(known: &Known, content: &str, context: Context<'_>) -> Result<(Request, Vec<Request>), Unreadable> {
    let mut ids = known.ids.clone();
    if let Some(named) = context.event_id.and_then(|id| Named::read(&event::header(id)))
        && ids.iter().all(|known| known.id != named.id)
    {
        ids.push(named);
    }
    let (first, others) = ids.split_first().ok_or_else(|| {
        let what = known.no_id.as_deref().or(context.event_id);
        Unreadable::Id(what.map_or("no id".to_owned(), |id| format!("id {id:?}")))
    })?;
    let account = match context.account {
        Some(account) => account.clone(),
        None => body::payer(known.from.as_deref())?,
    };
    let (verb, _) = body::verb(known.verb.as_deref(), context);
    let trace = known
        .traceparent
        .as_deref()
        .and_then(|text| TraceId::from_traceparent(text).ok());
    let refusal = Refusal::new(
        Reason::InvalidRequest,
        known.flaw.as_deref().unwrap_or("invalid request"),
    );
    let request = |named: &Named| {
        let id = flawed_id(content, &account, named.id, verb);
        Request {
            id,
            transfer: named.id,
            written: named.written.clone(),
            account: account.clone(),
            verb,
            trace: trace
                .or(context.trace())
                .unwrap_or_else(|| TraceId::started_by(id)),
            order: Err(refusal.clone()),
        }
    };
    Ok((request(first), others.iter().map(request).collect()))
}
