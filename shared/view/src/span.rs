//! A flow as OpenTelemetry spans, rebuilt from the log.
//!
//! | span | from | to |
//! |---|---|---|
//! | of a request | when it was stored in the log | when the last event that it led to was |
//! | of an event | when the service took up its cause | when it was stored in the log, with the span event `decided` |
//!
//! The ids are those of the log: the flow's trace id, and for each request and event the span id in its `traceparent`. So a flow
//! always gives the same spans, and a client that sent its own trace id finds its spans in the same trace. Time that a span
//! waited shows as the gap before it. A refusal is a business outcome, so its span's status is unset.

use jiff::Timestamp;
use wallet_contract::event::{Fact, MessageFact};
use wallet_contract::id::{AccountId, EventId};
use wallet_contract::shard::Shard;
use wallet_contract::subject::{self, Service, Verb};
use wallet_contract::trace::{TraceId, span_id};

use crate::content::Content;
use crate::flow::{Event, Flow};
use crate::steps::{self, Lane, Step};

/// One span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The flow's trace.
    pub trace: TraceId,
    /// The span's own id.
    pub id: [u8; 8],
    /// The span of its cause; none for a request.
    pub parent: Option<[u8; 8]>,
    /// The span's service, `client`, `debit-svc`, `credit-svc` or `ledger-svc`: the resource's `service.name`.
    pub service: &'static str,
    /// The operation, one of a few names: `process transfer.requested`.
    pub name: String,
    /// Whether it sent or processed a message.
    pub kind: Kind,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; never before its start.
    pub end: Timestamp,
    /// Its attributes, named by the semantic conventions where those have a name.
    pub attributes: Vec<(&'static str, Value)>,
    /// Its span events.
    pub events: Vec<SpanEvent>,
    /// The error, if something needs an operator's attention.
    pub error: Option<String>,
}

/// The messaging role of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It sent a message.
    Producer,
    /// It processed a message.
    Consumer,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
}

/// A moment within a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpanEvent {
    /// Its name.
    pub name: &'static str,
    /// Its time.
    pub at: Timestamp,
}

/// The spans of a flow, each after its parent. Empty if the flow's trace id is unreadable.
pub fn of(flow: &Flow) -> Vec<Span> {
    let Ok(trace) = flow.trace.parse::<TraceId>() else {
        return Vec::new();
    };
    let steps = steps::of(flow);
    let spans = steps.iter().enumerate();
    spans
        .map(|(index, step)| {
            let event = &flow.events[step.event];
            let cause = step
                .parent
                .map(|parent| (&steps[parent], &flow.events[steps[parent].event]));
            match event.cause {
                None => sent(flow, trace, &steps, index),
                Some(_) => processed(flow, trace, step, cause),
            }
        })
        .collect()
}

/// The span of a request, which lasts until the last event that it led to.
fn sent(flow: &Flow, trace: TraceId, steps: &[Step], index: usize) -> Span {
    let (step, event) = (&steps[index], &flow.events[steps[index].event]);
    let behind = steps.iter().enumerate().skip(index);
    let led_to = behind.filter(|(other, _)| goes_back_to(steps, *other, index));
    let end = led_to.map(|(_, step)| flow.events[step.event].recorded_at).max();
    let mut attributes = common(flow, event, step);
    attributes.extend([
        ("messaging.operation.type", text("send")),
        ("messaging.operation.name", text("publish")),
        ("messaging.message.id", text(event.id)),
    ]);
    attributes.extend(destination(flow, event, step));
    if step.parent.is_none() && index == 0 {
        attributes.push(("wallet.outcome", text(flow.status.word())));
    }
    Span {
        trace,
        id: span_id(EventId(event.id)),
        parent: None,
        service: step.lane.name(),
        name: format!("publish {}", event.short_kind()),
        kind: Kind::Producer,
        start: event.recorded_at,
        end: end.unwrap_or(event.recorded_at).max(event.recorded_at),
        attributes,
        events: Vec::new(),
        error: None,
    }
}

fn goes_back_to(steps: &[Step], step: usize, request: usize) -> bool {
    let mut here = Some(step);
    while let Some(index) = here {
        if index == request {
            return true;
        }
        here = steps[index].parent;
    }
    false
}

/// The span of an event: the work on its cause.
fn processed(flow: &Flow, trace: TraceId, step: &Step, cause: Option<(&Step, &Event)>) -> Span {
    let event = &flow.events[step.event];
    let taken_us = event.time.as_microsecond().saturating_sub(event.work_us.max(0));
    let start = Timestamp::from_microsecond(taken_us).unwrap_or(event.time);
    let heard = cause.map_or("wallet", |(_, cause)| cause.short_kind());
    let mut attributes = common(flow, event, step);
    attributes.extend([
        ("messaging.operation.type", text("process")),
        ("messaging.operation.name", text("process")),
        ("messaging.consumer.group.name", text(step.lane.name())),
        ("wallet.decision", text(event.short_kind())),
    ]);
    if let Some(cause) = event.cause {
        attributes.push(("messaging.message.id", text(cause)));
    }
    if let Some((cause_step, cause)) = cause {
        attributes.extend(destination(flow, cause, cause_step));
    }
    if let Some(refusal) = step.content.fact().and_then(Fact::refusal) {
        attributes.push(("wallet.refusal.reason", text(refusal.reason.code())));
    }
    let events = vec![SpanEvent {
        name: "decided",
        at: event.time,
    }];
    let mut error = None;
    if let Some(Fact::Message(MessageFact::MessageParked(parked))) = step.content.fact() {
        error = Some(parked.detail.clone());
    }
    Span {
        trace,
        id: span_id(EventId(event.id)),
        parent: event.cause.map(|cause| span_id(EventId(cause))),
        service: step.lane.name(),
        name: format!("process {heard}"),
        kind: Kind::Consumer,
        start,
        end: event.recorded_at.max(event.time).max(start),
        attributes,
        events,
        error,
    }
}

/// The attributes that all spans have.
fn common(flow: &Flow, event: &Event, step: &Step) -> Vec<(&'static str, Value)> {
    let mut attributes = vec![
        ("messaging.system", text("nats")),
        ("messaging.message.conversation_id", text(flow.transfer)),
        ("cloudevents.event_id", text(event.id)),
        ("cloudevents.event_source", text(&event.source)),
        ("cloudevents.event_type", text(&event.kind)),
        ("wallet.transfer.id", text(flow.transfer)),
        ("wallet.payer", text(&flow.payer)),
        (
            "wallet.shard",
            Value::Int(i64::from(step.decided_on.unwrap_or(step.shard))),
        ),
        ("wallet.log.sequence", int(step.sequence)),
    ];
    attributes.extend(flow.payee.as_ref().map(|payee| ("wallet.payee", text(payee))));
    attributes.extend(flow.amount.as_ref().map(|amount| ("wallet.amount", text(amount))));
    attributes.extend(flow.captured.as_ref().map(|part| ("wallet.captured", text(part))));
    attributes.extend(flow.released.as_ref().map(|rest| ("wallet.released", text(rest))));
    attributes.extend(flow.currency.as_ref().map(|code| ("wallet.currency", text(code))));
    if step.held_us > 0 {
        attributes.push(("wallet.held_us", Value::Int(step.held_us)));
    }
    attributes
}

/// The subject on which a request or event was published.
fn destination(flow: &Flow, event: &Event, step: &Step) -> Vec<(&'static str, Value)> {
    let shard = Shard(event.shard);
    let service = |lane| match lane {
        Lane::Client => None,
        Lane::Debit => Some(Service::Debit),
        Lane::Credit => Some(Service::Credit),
        Lane::Ledger => Some(Service::Ledger),
    };
    let (name, template) = match (&step.content, service(step.lane)) {
        (Content::Requested(verb, _), _) => match flow.payer.parse::<AccountId>() {
            Ok(account) => (verb.subject(shard, &account), request_template(*verb)),
            Err(_) => return Vec::new(),
        },
        (Content::Decided(_) | Content::Unknown, Some(service)) => {
            let from = step.decided_on.map_or(shard, Shard);
            let name = subject::envelopes(shard, service, from);
            (name, format!("wallet.{{shard}}.evt.{}.{{from}}", service.token()))
        }
        (Content::Decided(_) | Content::Unknown, None) => return Vec::new(),
    };
    vec![
        ("messaging.destination.name", text(name)),
        ("messaging.destination.template", text(template)),
        ("messaging.destination.partition.id", text(shard)),
    ]
}

fn request_template(verb: Verb) -> String {
    format!("wallet.{{shard}}.{}.{}.{{account}}", verb.realm(), verb.token())
}

fn text(value: impl std::fmt::Display) -> Value {
    Value::Text(value.to_string())
}

fn int(value: u64) -> Value {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}
