//! Requests as this client sends them, validated beforehand with the same code that the services parse them with.

use serde::Serialize;
use wallet_contract::event::Overdraft;
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::{Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{self, Context, Order};
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_view::typed;

/// A valid request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client's id.
    pub id: TransferId,
    /// The request id, derived from account, id, verb and content; outcomes refer to it.
    pub request: EventId,
    /// The account whose authority is used.
    pub account: AccountId,
    /// The verb.
    pub verb: Verb,
    /// The JSON to publish.
    pub body: String,
    /// The parsed form of the body.
    pub order: Order,
    /// The trace id for its flow; without one the services generate it.
    pub trace: Option<TraceId>,
}

/// A transfer as written by a user; only the payer's name has been validated.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The payer.
    pub from: &'a AccountId,
    /// The payee.
    pub to: &'a str,
    /// The amount, as people type it.
    pub amount: &'a str,
    /// The currency's code.
    pub currency: &'a str,
    /// A text for the statement.
    pub memo: Option<&'a str>,
}

/// The JSON of a request; absent fields are omitted.
#[derive(Clone, Default, Serialize)]
struct Body<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    overdraft: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memo: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverses: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auto_confirm: Option<bool>,
}

impl<'a> Wanted<'a> {
    fn body(&self) -> Body<'a> {
        Body {
            to: Some(self.to),
            amount: Some(self.amount),
            currency: Some(self.currency),
            memo: self.memo,
            ..Body::default()
        }
    }
}

impl Request {
    /// A payment.
    pub fn transfer(id: TransferId, wanted: &Wanted<'_>) -> Result<Self, Refusal> {
        Self::checked(Verb::Transfer, wanted.from, id, &wanted.body())
    }

    /// The first phase of a two-phase payment.
    pub fn reserve(
        id: TransferId,
        wanted: &Wanted<'_>,
        expires_in: Option<u64>,
        auto_confirm: bool,
    ) -> Result<Self, Refusal> {
        let body = Body {
            expires_in,
            auto_confirm: auto_confirm.then_some(true),
            ..wanted.body()
        };
        Self::checked(Verb::Reserve, wanted.from, id, &body)
    }

    /// The second phase: confirms all that is reserved, or this part, given as amount and currency.
    pub fn confirm(id: TransferId, payer: &AccountId, part: Option<(&str, &str)>) -> Result<Self, Refusal> {
        let body = Body {
            amount: part.map(|(amount, _)| amount),
            currency: part.map(|(_, currency)| currency),
            ..Body::default()
        };
        Self::checked(Verb::Confirm, payer, id, &body)
    }

    /// Returns what was received by a transfer, or a part of it.
    pub fn reverse(id: TransferId, wanted: &Wanted<'_>, transfer: TransferId) -> Result<Self, Refusal> {
        let transfer = transfer.to_string();
        let body = Body {
            reverses: Some(&transfer),
            ..wanted.body()
        };
        Self::checked(Verb::Reverse, wanted.from, id, &body)
    }

    /// Opens an account in a currency.
    pub fn open(
        id: TransferId,
        account: &AccountId,
        currency: Currency,
        overdraft: Option<&str>,
    ) -> Result<Self, Refusal> {
        let body = Body {
            currency: Some(currency.code()),
            overdraft,
            ..Body::default()
        };
        Self::checked(Verb::Open, account, id, &body)
    }

    /// A request without content besides its verb: cancel, freeze, unfreeze, close.
    pub fn plain(verb: Verb, id: TransferId, account: &AccountId) -> Result<Self, Refusal> {
        Self::checked(verb, account, id, &Body::default())
    }

    fn checked(verb: Verb, account: &AccountId, id: TransferId, body: &Body<'_>) -> Result<Self, Refusal> {
        let amount = typed(body.amount, body.currency)?;
        let overdraft = typed(body.overdraft, body.currency).map_err(|bad| {
            let detail = format!(
                "--overdraft: {}. Use an amount, such as 50.00, or \"unlimited\"",
                bad.detail
            );
            Refusal::new(bad.reason, detail)
        })?;
        let body = Body {
            id: id.to_string(),
            amount: amount.as_deref(),
            overdraft: overdraft.as_deref(),
            ..*body
        };
        let body = serde_json::to_string(&body).expect("strings are always JSON");
        Self::read(verb, account, id, body)
    }

    fn read(verb: Verb, account: &AccountId, id: TransferId, body: String) -> Result<Self, Refusal> {
        let context = Context {
            verb,
            account: Some(account),
            traceparent: None,
            event_id: None,
        };
        let read = request::read(&body, context).map_err(|bad| Refusal::new(Reason::InvalidRequest, bad))?;
        Ok(Self {
            id,
            request: read.id,
            account: account.clone(),
            verb,
            order: read.order?,
            body,
            trace: None,
        })
    }

    /// The same request under another id.
    #[must_use]
    pub fn under(&self, id: TransferId) -> Self {
        // The id is the first field in a body written here.
        let body = self.body.replacen(&self.id.to_string(), &id.to_string(), 1);
        let read = Self::read(self.verb, &self.account, id, body);
        Self {
            trace: self.trace,
            ..read.expect("a valid request is valid under any id")
        }
    }

    /// The `traceparent` header, if the request has a trace.
    pub fn traceparent(&self) -> Option<String> {
        self.trace.map(|trace| trace.traceparent(EventId(self.id.0)))
    }

    /// Its form as an array element, which includes the trace because all requests of a message share the headers.
    pub(crate) fn element(&self) -> String {
        let trace = self
            .traceparent()
            .map(|trace| format!(r#","traceparent":"{trace}""#));
        self.with(&trace.unwrap_or_default())
    }

    /// Its form as a bulk element, which also names the payer and the verb.
    pub(crate) fn bulk_element(&self) -> String {
        let trace = self
            .traceparent()
            .map(|trace| format!(r#","traceparent":"{trace}""#));
        let (account, verb) = (&self.account, self.verb.token());
        let more = format!(
            r#","from":"{account}","verb":"{verb}"{}"#,
            trace.unwrap_or_default()
        );
        self.with(&more)
    }

    /// The body with further fields appended. It is an object that has at least an id.
    fn with(&self, fields: &str) -> String {
        let open = self.body.strip_suffix('}').unwrap_or(&self.body);
        format!("{open}{fields}}}")
    }

    /// The payee and the amount, if it moves money.
    pub fn movement(&self) -> Option<(&AccountId, Money)> {
        match &self.order {
            Order::Transfer(movement) | Order::Reserve(movement, _) | Order::Reverse(movement) => {
                Some((&movement.payee, movement.money))
            }
            Order::Confirm(_)
            | Order::Cancel
            | Order::Open(..)
            | Order::Freeze
            | Order::Unfreeze
            | Order::Close => None,
        }
    }
}

/// Normalizes an amount for the wire. An invalid currency is left for the contract to reject.
fn typed(amount: Option<&str>, currency: Option<&str>) -> Result<Option<String>, Refusal> {
    let (Some(amount), Some(Ok(currency))) = (amount, currency.map(str::parse)) else {
        return Ok(amount.map(str::to_owned));
    };
    if Overdraft::parse(amount, currency) == Ok(Overdraft::Unlimited) {
        return Ok(Some(amount.to_owned()));
    }
    let read = typed::amount(amount, currency).map_err(|bad| Refusal::new(Reason::InvalidAmount, bad))?;
    Ok(Some(read))
}

#[cfg(test)]
mod tests;
