//! A plain request: its id, its account, its verb and its trace, with the order in it.

use uuid::Uuid;

use super::fields::{Body, text};
use super::{Context, Order, Request, Unreadable, order};
use crate::event::{Movement, Overdraft};
use crate::id::{AccountId, EventId, TransferId, derive};
use crate::money;
use crate::reason::{Reason, Refusal};
use crate::subject::{Service, Verb};
use crate::trace::TraceId;

/// Reads a plain request, if the text is one and it can be answered.
pub(super) fn plainly(json: &str, context: Context<'_>) -> Option<Request> {
    serde_json::from_str::<Body<'_>>(json)
        .ok()?
        .read(json, context)
        .ok()
}

impl Body<'_> {
    /// The id in it, if valid.
    pub(super) fn named(&self) -> Option<TransferId> {
        text(&self.id).and_then(Named::read).map(|named| named.id)
    }

    /// The request. Its values may still be invalid; then it is answered with a refusal. `json` is its original text.
    pub(super) fn read(&self, json: &str, context: Context<'_>) -> Result<Request, Unreadable> {
        let Named {
            id: transfer,
            written,
        } = named(text(&self.id).or(context.event_id))?;
        let account = match context.account {
            Some(account) => account.clone(),
            None => payer(text(&self.from))?,
        };
        let (verb, meant) = verb(text(&self.verb), context);
        let (trace, order) = match self.trace(context) {
            Ok(trace) => (trace, meant.and_then(|()| order::read(self, &account, verb))),
            Err(refusal) => (None, Err(refusal)),
        };
        let id = match &order {
            Ok(order) => self.id_of(order, &account, transfer, verb),
            Err(_) => flawed_id(json, &account, transfer, verb),
        };
        Ok(Request {
            id,
            transfer,
            written,
            account,
            verb,
            trace: trace.unwrap_or_else(|| TraceId::started_by(id)),
            order,
        })
    }

    /// The derived id: the same content has the same id, however it is written.
    fn id_of(&self, order: &Order, account: &AccountId, transfer: TransferId, verb: Verb) -> EventId {
        let plain = |field| text(field).map_or("", money::plain);
        let [to, currency, memo] =
            [&self.to, &self.currency, &self.memo].map(|field| text(field).unwrap_or_default());
        let overdraft = if matches!(order, Order::Open(_, Overdraft::NONE)) {
            ""
        } else {
            plain(&self.overdraft)
        };
        let common = [verb.token(), to, plain(&self.amount), currency, overdraft, memo].map(str::as_bytes);
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

    /// As W3C requires, a header that can't be read is ignored, and a new trace begun. In a body it is validated like any other field.
    fn trace(&self, context: Context<'_>) -> Result<Option<TraceId>, Refusal> {
        match text(&self.traceparent) {
            Some(parent) => TraceId::from_traceparent(parent).map(Some).map_err(|bad| {
                Refusal::new(
                    Reason::InvalidRequest,
                    format_args!("field \"traceparent\": {bad}"),
                )
            }),
            None => Ok(context.trace()),
        }
    }
}

/// JSON's whitespace. It surrounds a value, but is no part of it.
const WHITESPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The id of a request without valid content, derived from its text. A message that holds one request may have a newline at its end;
/// the same request cut out of an array has none.
pub(super) fn flawed_id(json: &str, account: &AccountId, transfer: TransferId, verb: Verb) -> EventId {
    derive(
        account,
        transfer.0,
        &[
            verb.token().as_bytes(),
            b"flawed",
            json.trim_matches(WHITESPACE).as_bytes(),
        ],
    )
}

/// The subject's verb; in a bulk message, the one in the body, if debit-svc decides on it.
pub(super) fn verb(named: Option<&str>, context: Context<'_>) -> (Verb, Result<(), Refusal>) {
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

/// A client-made id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: TransferId,
    /// The text as written, if not in our form.
    pub(super) written: Option<String>,
}

/// The length of a UUID in our form; no other form has this length.
const HYPHENATED: usize = 36;

impl Named {
    /// Parses a UUID in any of its forms.
    pub(super) fn read(text: &str) -> Option<Self> {
        let id = Uuid::try_parse(text).ok().filter(|id| !id.is_nil())?;
        let ours = text.len() == HYPHENATED && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        Some(Self {
            id: TransferId(id),
            written: (!ours).then(|| text.to_owned()),
        })
    }
}

fn named(text: Option<&str>) -> Result<Named, Unreadable> {
    let text = text.ok_or_else(|| Unreadable::Id("no id".to_owned()))?;
    Named::read(text).ok_or_else(|| Unreadable::Id(format!("id {text:?}")))
}

pub(super) fn payer(text: Option<&str>) -> Result<AccountId, Unreadable> {
    let text = text.ok_or_else(|| Unreadable::Payer("no payer".to_owned()))?;
    text.parse().map_err(|bad| Unreadable::Payer(format!("{bad}")))
}
