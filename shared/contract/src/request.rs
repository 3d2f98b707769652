//! What a client asks for: plain JSON, one object or an array of them, or a CloudEvent around it.
//!
//! Reading has three outcomes. A request that is sound; a request whose client can be answered although something in it
//! is wrong (it has an id and an account, so it gets a refusal); and bytes that nobody can be answered for
//! ([`Unreadable`]), which are parked.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::event::{Movement, Overdraft};
use crate::id::{AccountId, EventId, TransferId, derive};
use crate::money::{Currency, Money};
use crate::reason::{Reason, Refusal};
use crate::subject::Verb;
use crate::trace::TraceId;

/// A memo is a line for a statement, not a document.
pub const MAX_MEMO_BYTES: usize = 256;
/// How many requests one message may hold.
pub const MAX_ARRAY: usize = 10_000;

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
    /// Open the account in a currency.
    Open(Currency, Overdraft),
    /// Freeze the account.
    Freeze,
    /// Unfreeze the account.
    Unfreeze,
    /// Close the account.
    Close,
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
    traceparent: Option<Text<'a>>,
}

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
    /// What is asked.
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
    let (trace, order) = match trace(body, context) {
        Ok(trace) => (trace, order(body, &account, context.verb)),
        Err(refusal) => (None, Err(refusal)),
    };
    let verb = context.verb.token();
    let id = if order.is_ok() {
        let content = [
            &body.to,
            &body.amount,
            &body.currency,
            &body.overdraft,
            &body.memo,
        ];
        let [to, amount, currency, overdraft, memo] =
            content.map(|field| text(field).unwrap_or_default().as_bytes());
        derive(
            &account,
            transfer.0,
            &[verb.as_bytes(), to, amount, currency, overdraft, memo],
        )
    } else {
        flawed_id(json, &account, transfer, context.verb)
    };
    let trace = trace.unwrap_or_else(|| TraceId::begun_by(id));
    Ok(Request {
        id,
        transfer,
        account,
        verb: context.verb,
        trace,
        order,
    })
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
    let known = [
        "id",
        "from",
        "to",
        "amount",
        "currency",
        "overdraft",
        "memo",
        "traceparent",
    ];
    let flaw = object.iter().find_map(|(name, value)| {
        if !known.contains(&name.as_str()) {
            Some(format!(
                "unknown field {name:?}: a request has {}",
                known.join(", ")
            ))
        } else if !value.is_string() {
            Some(format!(
                "field {name:?} is {value}: use a string, such as \"12.50\""
            ))
        } else {
            None
        }
    });
    let order = Err(Refusal::new(
        Reason::InvalidRequest,
        flaw.unwrap_or_else(|| error.to_string()),
    ));
    let id = flawed_id(json, &account, transfer, context.verb);
    Ok(Request {
        id,
        transfer,
        account,
        verb: context.verb,
        trace: TraceId::begun_by(id),
        order,
    })
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

fn order(body: &Body<'_>, account: &AccountId, verb: Verb) -> Result<Order, Refusal> {
    only_meant(body, verb)?;
    if let Some(from) = text(&body.from).filter(|from| *from != account.as_str()) {
        let detail = format!("the body is from {from:?}, the subject's account is {account}");
        return Err(Refusal::new(Reason::NotThePayer, detail));
    }
    match verb {
        Verb::Transfer => transfer(body, account).map(Order::Transfer),
        Verb::Open => open(body, account),
        Verb::Freeze => Ok(Order::Freeze),
        Verb::Unfreeze => Ok(Order::Unfreeze),
        Verb::Close => Ok(Order::Close),
    }
}

/// Refuses a field that the verb gives no meaning: who sent it expects something that would not happen.
fn only_meant(body: &Body<'_>, verb: Verb) -> Result<(), Refusal> {
    let meant: &[&str] = match verb {
        Verb::Transfer => &["from", "to", "amount", "currency", "memo"],
        Verb::Open => &["from", "currency", "overdraft"],
        Verb::Freeze | Verb::Unfreeze | Verb::Close => &["from"],
    };
    let given = [
        ("to", &body.to),
        ("amount", &body.amount),
        ("currency", &body.currency),
        ("overdraft", &body.overdraft),
        ("memo", &body.memo),
    ];
    match given
        .iter()
        .find(|(name, field)| field.is_some() && !meant.contains(name))
    {
        Some((name, _)) => {
            let detail = format!("field {name:?} has no meaning for {}", verb.token());
            Err(Refusal::new(Reason::InvalidRequest, detail))
        }
        None => Ok(()),
    }
}

fn needed<'t>(name: &str, field: &'t Option<Text<'_>>, verb: Verb) -> Result<&'t str, Refusal> {
    let missing = || {
        Refusal::new(
            Reason::InvalidRequest,
            format!("{} needs field {name:?}", verb.token()),
        )
    };
    text(field).ok_or_else(missing)
}

fn currency(body: &Body<'_>, verb: Verb) -> Result<Currency, Refusal> {
    let code = needed("currency", &body.currency, verb)?;
    code.parse()
        .map_err(|bad| Refusal::new(Reason::UnknownCurrency, bad))
}

fn transfer(body: &Body<'_>, payer: &AccountId) -> Result<Movement, Refusal> {
    let payee = needed("to", &body.to, Verb::Transfer)?.parse::<AccountId>();
    let payee = payee.map_err(|bad| Refusal::new(Reason::InvalidAccount, bad))?;
    let amount = needed("amount", &body.amount, Verb::Transfer)?;
    let money = Money::parse(amount, currency(body, Verb::Transfer)?);
    let money = money.map_err(|bad| Refusal::new(Reason::InvalidAmount, bad))?;
    if let Some(account) = [&payee, payer].into_iter().find(|account| account.is_reserved()) {
        let detail = format!("{account} belongs to the books: it neither pays nor is paid");
        return Err(Refusal::new(Reason::InvalidAccount, detail));
    }
    if payee == *payer {
        return Err(Refusal::new(
            Reason::SameAccount,
            format!("{payer} can't pay itself"),
        ));
    }
    let memo = text(&body.memo).map(str::to_owned);
    if let Some(memo) = memo.as_ref().filter(|memo| memo.len() > MAX_MEMO_BYTES) {
        let detail = format!("a memo of {} bytes: the limit is {MAX_MEMO_BYTES}", memo.len());
        return Err(Refusal::new(Reason::InvalidRequest, detail));
    }
    Ok(Movement {
        payer: payer.clone(),
        payee,
        money,
        memo,
    })
}

fn open(body: &Body<'_>, account: &AccountId) -> Result<Order, Refusal> {
    let currency = currency(body, Verb::Open)?;
    if account.is_reserved() || account.is_world() {
        let detail = format!("{account} is there from the start and can't be opened");
        return Err(Refusal::new(Reason::InvalidAccount, detail));
    }
    let overdraft =
        text(&body.overdraft).map_or(Ok(Overdraft::NONE), |text| Overdraft::parse(text, currency));
    Ok(Order::Open(
        currency,
        overdraft.map_err(|bad| Refusal::new(Reason::InvalidAmount, bad))?,
    ))
}
