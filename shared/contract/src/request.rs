//! What a client asks for: plain JSON, one object or an array of them, or a CloudEvent around it.
//!
//! Reading has three outcomes. A request that is sound; a request whose client can be answered although something in it
//! is wrong (it has an id and an account, so it gets a refusal); and bytes that nobody can be answered for
//! ([`Unreadable`]), which are parked.

mod order;

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::event::{Movement, Overdraft};
use crate::id::{AccountId, EventId, TransferId, derive};
use crate::money::{Currency, Money};
use crate::reason::{Reason, Refusal};
use crate::subject::{Service, Verb};
use crate::trace::TraceId;

/// A memo is a line for a statement, not a document.
pub const MAX_MEMO_BYTES: usize = 256;
/// How many requests one message may hold.
pub const MAX_ARRAY: usize = 10_000;
/// How long a reservation holds unless the request says otherwise, seconds: a week, as card authorisations do.
pub const EXPIRES_IN: u32 = 7 * 24 * 3600;
/// How long one may hold at most, seconds: a year.
pub const MAX_EXPIRES_IN: u32 = 365 * 24 * 3600;

/// A request with the authority of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Derived from account, client id, verb and content: a repeat has the same id, another content another.
    pub id: EventId,
    /// The client's name for it.
    pub transfer: TransferId,
    /// Whose authority is used.
    pub account: AccountId,
    /// What is asked.
    pub verb: Verb,
    /// The flow's trace: the client's, or begun here.
    pub trace: TraceId,
    /// What is to be done, or why it can't be.
    pub order: Result<Order, Refusal>,
}

/// The sound content of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Move money.
    Transfer(Movement),
    /// Hold money.
    Reserve(Movement, Hold),
    /// Move what is held: all of it, or this much.
    Confirm(Option<Money>),
    /// Release what is held.
    Cancel,
    /// Give back what was received; the movement names the transfer.
    Reverse(Movement),
    /// Open the account in a currency.
    Open(Currency, Overdraft),
    /// Freeze the account.
    Freeze,
    /// Unfreeze the account.
    Unfreeze,
    /// Close the account.
    Close,
}

/// On what terms money is to be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For how long, seconds from when the request was stored in the log.
    pub expires_in: u32,
    /// Whether the payee's promise confirms it.
    pub auto_confirm: bool,
}

/// Bytes that can't be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not JSON, or JSON of another shape.
    #[error("not a request: {0}")]
    Json(String),
    /// No id to answer to.
    #[error("{0}: a request needs \"id\", a UUID made by the client")]
    Id(String),
    /// No account to answer to, in a bulk request.
    #[error("{0}: a bulk request needs \"from\", the payer's account")]
    Payer(String),
    /// Too much at once.
    #[error("{0} requests in one message: the limit is {MAX_ARRAY}")]
    TooMany(usize),
}

/// A string that is borrowed from the message unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Body<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    from: Option<Text<'a>>,
    to: Option<Text<'a>>,
    amount: Option<Text<'a>>,
    currency: Option<Text<'a>>,
    overdraft: Option<Text<'a>>,
    memo: Option<Text<'a>>,
    reverses: Option<Text<'a>>,
    expires_in: Option<u64>,
    auto_confirm: Option<bool>,
    verb: Option<Text<'a>>,
    traceparent: Option<Text<'a>>,
}

/// The fields that are texts.
const TEXTS: [&str; 10] = [
    "id",
    "from",
    "to",
    "amount",
    "currency",
    "overdraft",
    "memo",
    "reverses",
    "verb",
    "traceparent",
];

/// The attributes of a CloudEvent that matter here; `data` holds the plain request.
#[derive(Deserialize)]
struct CloudEvent<'a> {
    #[serde(borrow)]
    specversion: Text<'a>,
    id: Option<Text<'a>>,
    traceparent: Option<Text<'a>>,
    data: &'a RawValue,
}

/// What the message's subject and headers say about every request in it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// What is asked; in bulk a body may name another payer's verb.
    pub verb: Verb,
    /// Whose authority is used; none for bulk, where each body names its payer.
    pub account: Option<&'a AccountId>,
    /// The `traceparent` header.
    pub traceparent: Option<&'a str>,
    /// The `ce-id` header of a CloudEvent in binary mode.
    pub event_id: Option<&'a str>,
}

/// Cuts a message into its requests, each as JSON text.
pub fn split(payload: &[u8]) -> Result<Vec<&str>, Unreadable> {
    let text = std::str::from_utf8(payload).map_err(|e| Unreadable::Json(e.to_string()))?;
    if !text.trim_start().starts_with('[') {
        return Ok(vec![text]);
    }
    let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(|e| Unreadable::Json(e.to_string()))?;
    if elements.len() > MAX_ARRAY {
        return Err(Unreadable::TooMany(elements.len()));
    }
    Ok(elements.into_iter().map(RawValue::get).collect())
}

/// Reads one request.
pub fn read(json: &str, context: Context<'_>) -> Result<Request, Unreadable> {
    match serde_json::from_str::<Body<'_>>(json) {
        Ok(body) => sound(json, &body, context),
        Err(error) => match serde_json::from_str::<CloudEvent<'_>>(json) {
            Ok(event) => unwrapped(&event, context),
            Err(_) => flawed(json, &error, context),
        },
    }
}

fn unwrapped(event: &CloudEvent<'_>, context: Context<'_>) -> Result<Request, Unreadable> {
    if event.specversion.0 != "1.0" {
        return Err(Unreadable::Json(format!(
            "CloudEvents specversion {:?}: use \"1.0\"",
            event.specversion.0
        )));
    }
    let inner = Context {
        traceparent: event.traceparent.as_ref().map(|t| &*t.0).or(context.traceparent),
        event_id: event.id.as_ref().map(|t| &*t.0).or(context.event_id),
        ..context
    };
    let json = event.data.get();
    match serde_json::from_str::<Body<'_>>(json) {
        Ok(body) => sound(json, &body, inner),
        Err(error) => flawed(json, &error, inner),
    }
}

/// A body of the right shape. Its values may still be wrong; then it is answered with a refusal.
fn sound(json: &str, body: &Body<'_>, context: Context<'_>) -> Result<Request, Unreadable> {
    let transfer = transfer_id(text(&body.id).or(context.event_id))?;
    let account = match context.account {
        Some(account) => account.clone(),
        None => payer(text(&body.from))?,
    };
    let (verb, meant) = verb(text(&body.verb), context);
    let (trace, order) = match trace(body, context) {
        Ok(trace) => (trace, meant.and_then(|()| order::read(body, &account, verb))),
        Err(refusal) => (None, Err(refusal)),
    };
    let id = match &order {
        Ok(order) => sound_id(body, order, &account, transfer, verb),
        Err(_) => flawed_id(json, &account, transfer, verb),
    };
    let trace = trace.unwrap_or_else(|| TraceId::begun_by(id));
    Ok(Request {
        id,
        transfer,
        account,
        verb,
        trace,
        order,
    })
}

/// The same content has the same id, however it is written.
fn sound_id(
    body: &Body<'_>,
    order: &Order,
    account: &AccountId,
    transfer: TransferId,
    verb: Verb,
) -> EventId {
    let content = [
        &body.to,
        &body.amount,
        &body.currency,
        &body.overdraft,
        &body.memo,
    ];
    let [to, amount, currency, overdraft, memo] =
        content.map(|field| text(field).unwrap_or_default().as_bytes());
    let common = [verb.token().as_bytes(), to, amount, currency, overdraft, memo];
    match order {
        Order::Reserve(_, hold) => {
            let terms = format!("{}/{}", hold.expires_in, hold.auto_confirm);
            derive(account, transfer.0, &[&common[..], &[terms.as_bytes()]].concat())
        }
        Order::Reverse(Movement {
            reverses: Some(reverses),
            ..
        }) => derive(
            account,
            transfer.0,
            &[&common[..], &[reverses.0.as_bytes()]].concat(),
        ),
        Order::Transfer(_)
        | Order::Reverse(_)
        | Order::Confirm(_)
        | Order::Cancel
        | Order::Open(..)
        | Order::Freeze
        | Order::Unfreeze
        | Order::Close => derive(account, transfer.0, &common),
    }
}

/// The subject's verb; in bulk, the one that the body names, if it is one that debit-svc decides.
fn verb(named: Option<&str>, context: Context<'_>) -> (Verb, Result<(), Refusal>) {
    let Some(named) = named else {
        return (context.verb, Ok(()));
    };
    let can = |verb: &Verb| match context.account {
        Some(_) => *verb == context.verb,
        None => verb.decided_by() == Service::Debit,
    };
    let found = Verb::ALL
        .into_iter()
        .filter(can)
        .find(|verb| verb.token() == named);
    let wrong = || {
        let words: Vec<&str> = Verb::ALL.into_iter().filter(can).map(Verb::token).collect();
        let detail = format!("verb {named:?}: here it can be {}", words.join(", "));
        (context.verb, Err(Refusal::new(Reason::InvalidRequest, detail)))
    };
    found.map_or_else(wrong, |verb| (verb, Ok(())))
}

/// W3C: a header that can't be read is ignored and a trace begun. In a body it is a field like the others.
fn trace(body: &Body<'_>, context: Context<'_>) -> Result<Option<TraceId>, Refusal> {
    match text(&body.traceparent) {
        Some(parent) => TraceId::from_traceparent(parent)
            .map(Some)
            .map_err(|bad| Refusal::new(Reason::InvalidRequest, bad)),
        None => Ok(context
            .traceparent
            .and_then(|parent| TraceId::from_traceparent(parent).ok())),
    }
}

/// The id of a request that has no sound content: its bytes stand for it.
fn flawed_id(json: &str, account: &AccountId, transfer: TransferId, verb: Verb) -> EventId {
    derive(
        account,
        transfer.0,
        &[verb.token().as_bytes(), b"flawed", json.as_bytes()],
    )
}

/// A body of the wrong shape: refused by name of the field when there is somebody to answer.
fn flawed(json: &str, error: &serde_json::Error, context: Context<'_>) -> Result<Request, Unreadable> {
    let value: serde_json::Value =
        serde_json::from_str(json).map_err(|_| Unreadable::Json(error.to_string()))?;
    let object = value
        .as_object()
        .ok_or_else(|| Unreadable::Json(error.to_string()))?;
    let text = |name: &str| object.get(name).and_then(serde_json::Value::as_str);
    let transfer = transfer_id(text("id").or(context.event_id))?;
    let account = match context.account {
        Some(account) => account.clone(),
        None => payer(text("from"))?,
    };
    let flaw = object.iter().find_map(|(name, value)| flaw(name, value));
    let (verb, _) = verb(text("verb"), context);
    let order = Err(Refusal::new(
        Reason::InvalidRequest,
        flaw.unwrap_or_else(|| error.to_string()),
    ));
    let id = flawed_id(json, &account, transfer, verb);
    Ok(Request {
        id,
        transfer,
        account,
        verb,
        trace: TraceId::begun_by(id),
        order,
    })
}

/// What is wrong with a field's name or type.
fn flaw(name: &str, value: &serde_json::Value) -> Option<String> {
    let wrong = |use_this: &str| Some(format!("field {name:?} is {value}: use {use_this}"));
    match name {
        "expires_in" if !value.is_u64() => wrong("a whole number of seconds, such as 900"),
        "auto_confirm" if !value.is_boolean() => wrong("true or false"),
        "expires_in" | "auto_confirm" => None,
        text if TEXTS.contains(&text) => (!value.is_string())
            .then(|| wrong("a string, such as \"12.50\""))
            .flatten(),
        _ => {
            let known = TEXTS.join(", ");
            Some(format!(
                "unknown field {name:?}: a request has {known}, expires_in, auto_confirm"
            ))
        }
    }
}

fn text<'t>(field: &'t Option<Text<'_>>) -> Option<&'t str> {
    field.as_ref().map(|text| &*text.0)
}

fn transfer_id(text: Option<&str>) -> Result<TransferId, Unreadable> {
    let text = text.ok_or_else(|| Unreadable::Id("no id".to_owned()))?;
    match Uuid::try_parse(text) {
        Ok(id) if !id.is_nil() => Ok(TransferId(id)),
        _ => Err(Unreadable::Id(format!("id {text:?}"))),
    }
}

fn payer(text: Option<&str>) -> Result<AccountId, Unreadable> {
    let text = text.ok_or_else(|| Unreadable::Payer("no payer".to_owned()))?;
    text.parse().map_err(|bad| Unreadable::Payer(format!("{bad}")))
}
