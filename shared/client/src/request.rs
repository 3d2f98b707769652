//! Requests as this tool sends them, checked beforehand with the very code that the services read them with.

use serde::Serialize;
use wallet_contract::event::Overdraft;
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::{Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{self, Context, Order};
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;
use wallet_view::typed;

/// A request that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client's name for it.
    pub id: TransferId,
    /// The id that account, name, verb and content give it: its outcome names it.
    pub request: EventId,
    /// Whose authority is used.
    pub account: AccountId,
    /// What is asked.
    pub verb: Verb,
    /// The JSON that is published.
    pub body: String,
    /// The same, understood.
    pub order: Order,
    /// The trace that its flow is to have; without one the services begin one.
    pub trace: Option<TraceId>,
}

/// A transfer as somebody wrote it down, nothing of it checked yet but the payer's name.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Who pays.
    pub from: &'a AccountId,
    /// Who is paid.
    pub to: &'a str,
    /// How much, as a person types it.
    pub amount: &'a str,
    /// The currency's code.
    pub currency: &'a str,
    /// A line for the statement.
    pub memo: Option<&'a str>,
}

/// The JSON of a request; what is not said is left out.
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

    /// A payment in two phases: the first.
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

    /// The second: all that is reserved, or this much, as amount and currency.
    pub fn confirm(id: TransferId, payer: &AccountId, part: Option<(&str, &str)>) -> Result<Self, Refusal> {
        let body = Body {
            amount: part.map(|(amount, _)| amount),
            currency: part.map(|(_, currency)| currency),
            ..Body::default()
        };
        Self::checked(Verb::Confirm, payer, id, &body)
    }

    /// Gives back what was received by a transfer, or a part of it.
    pub fn reverse(id: TransferId, wanted: &Wanted<'_>, transfer: TransferId) -> Result<Self, Refusal> {
        let transfer = transfer.to_string();
        let body = Body {
            reverses: Some(&transfer),
            ..wanted.body()
        };
        Self::checked(Verb::Reverse, wanted.from, id, &body)
    }

    /// The opening of an account in a currency.
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

    /// A request that has no content but its verb: cancel, freeze, unfreeze, close.
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
        // The id stands first in what is written here.
        let body = self.body.replacen(&self.id.to_string(), &id.to_string(), 1);
        let read = Self::read(self.verb, &self.account, id, body);
        Self {
            trace: self.trace,
            ..read.expect("a sound request is sound under any id")
        }
    }

    /// The W3C header that names its trace, if it has one.
    pub fn traceparent(&self) -> Option<String> {
        self.trace.map(|trace| trace.traceparent(EventId(self.id.0)))
    }

    /// As an element of an array: its trace stands in it, since a message has one header for all.
    pub(crate) fn element(&self) -> String {
        let trace = self
            .traceparent()
            .map(|trace| format!(r#","traceparent":"{trace}""#));
        self.with(&trace.unwrap_or_default())
    }

    /// The same in bulk, where a body also names its payer and its verb.
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

    /// The body with more fields behind its own. It is an object that has an id.
    fn with(&self, fields: &str) -> String {
        let open = self.body.strip_suffix('}').unwrap_or(&self.body);
        format!("{open}{fields}}}")
    }

    /// The payee and the money, where there is a movement.
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

/// An amount as the wire takes it. What is wrong with the currency, the contract says.
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
mod tests {
    use super::*;

    fn id() -> TransferId {
        "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f".parse().unwrap()
    }

    #[test]
    fn what_is_sent_is_what_was_checked() {
        let alice: AccountId = "alice".parse().unwrap();
        let wanted = Wanted {
            from: &alice,
            to: "bob",
            amount: "12.50",
            currency: "USD",
            memo: Some("a \"lunch\""),
        };
        let request = Request::transfer(id(), &wanted).unwrap();
        let expected = concat!(
            r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","to":"bob","amount":"12.50","#,
            r#""currency":"USD","memo":"a \"lunch\""}"#
        );
        assert_eq!(request.body, expected);
        let (payee, money) = request.movement().unwrap();
        assert_eq!(
            (payee.as_str(), money.to_string()),
            ("bob", "12.50 USD".to_owned())
        );
    }

    #[test]
    fn a_flaw_is_told_in_the_contracts_words() {
        let check = |from: &str, to: &str, amount: &str, currency: &str, expected: &str| {
            let from = from.parse().unwrap();
            let wanted = Wanted {
                from: &from,
                to,
                amount,
                currency,
                memo: None,
            };
            assert_eq!(
                Request::transfer(id(), &wanted).unwrap_err().to_string(),
                expected
            );
        };
        check(
            "alice",
            "bob",
            "0.345",
            "USD",
            "invalid_amount: amount \"0.345\" has 3 decimals, USD has 2",
        );
        check(
            "alice",
            "alice",
            "1.00",
            "USD",
            "same_account: alice can't pay itself",
        );
        check(
            "alice",
            "bob",
            "1",
            "usd",
            "unknown_currency: unknown currency \"usd\": use an ISO 4217 code in capitals, such as USD",
        );
    }

    #[test]
    fn an_amount_that_a_person_typed_is_sent_as_the_wire_has_it() {
        let (alice, usd) = ("alice".parse().unwrap(), "USD".parse().unwrap());
        let wanted = |amount| Wanted {
            from: &alice,
            to: "bob",
            amount,
            currency: "USD",
            memo: None,
        };
        let check = |request: Result<Request, Refusal>, expected: &str| {
            let body = request.unwrap().body;
            assert!(body.contains(expected), "{body} has no {expected}");
        };
        check(Request::transfer(id(), &wanted("5")), r#""amount":"5.00""#);
        check(
            Request::reserve(id(), &wanted("12.5"), None, false),
            r#""amount":"12.50""#,
        );
        check(
            Request::reverse(id(), &wanted("1,234.5"), id()),
            r#""amount":"1234.50""#,
        );
        check(
            Request::confirm(id(), &alice, Some(("5", "USD"))),
            r#""amount":"5.00""#,
        );
        check(
            Request::open(id(), &alice, usd, Some("50")),
            r#""overdraft":"50.00""#,
        );
        check(
            Request::open(id(), &alice, usd, Some("unlimited")),
            r#""overdraft":"unlimited""#,
        );
        let lots = Request::open(id(), &alice, usd, Some("lots")).unwrap_err();
        assert_eq!(
            lots.detail,
            "--overdraft: amount \"lots\" is not a plain decimal number, such as \"12.50\". Use an amount, such as 50.00, or \
             \"unlimited\""
        );
        let refused = Request::transfer(id(), &wanted("5.")).unwrap_err().to_string();
        assert!(refused.ends_with("did you mean 5.00?"), "{refused}");
    }

    #[test]
    fn in_an_array_and_in_bulk_a_request_is_the_same_one() {
        let alice: AccountId = "alice".parse().unwrap();
        let wanted = Wanted {
            from: &alice,
            to: "bob",
            amount: "1.00",
            currency: "USD",
            memo: Some("a \"lunch\" {1}"),
        };
        let traced = |request: Request| Request {
            trace: Some(TraceId::begun_by(EventId(id().0))),
            ..request
        };
        let requests = [
            Request::transfer(id(), &wanted).unwrap(),
            traced(Request::reserve(id(), &wanted, Some(60), true).unwrap()),
            Request::confirm(id(), &alice, Some(("1.00", "USD"))).unwrap(),
            traced(Request::plain(Verb::Cancel, id(), &alice).unwrap()),
        ];
        for request in requests {
            let read = |body: &str, verb: Verb, account: Option<&AccountId>| {
                let context = Context {
                    verb,
                    account,
                    traceparent: None,
                    event_id: None,
                };
                request::read(body, context).unwrap()
            };
            let alone = read(&request.element(), request.verb, Some(&alice));
            let bulk = read(&request.bulk_element(), Verb::Transfer, None);
            for read in [alone, bulk] {
                assert_eq!((read.id, &read.account), (request.request, &alice), "{request:?}");
                assert_eq!(read.order.as_ref(), Ok(&request.order));
                assert!(request.trace.is_none_or(|trace| trace == read.trace));
            }
        }
    }

    #[test]
    fn the_same_request_goes_under_another_id() {
        let alice = "alice".parse().unwrap();
        let old = id().to_string();
        let wanted = Wanted {
            from: &alice,
            to: "bob",
            amount: "1.00",
            currency: "USD",
            memo: Some(&old),
        };
        let other = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d50".parse().unwrap();
        let request = Request::transfer(id(), &wanted).unwrap();
        assert_eq!(request.under(other), Request::transfer(other, &wanted).unwrap());
    }

    #[test]
    fn an_operators_request_says_only_what_it_means() {
        let bob: AccountId = "bob".parse().unwrap();
        let open = Request::open(id(), &bob, "USD".parse().unwrap(), Some("unlimited")).unwrap();
        let body =
            r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f","currency":"USD","overdraft":"unlimited"}"#;
        assert_eq!(open.body, body);
        let freeze = Request::plain(Verb::Freeze, id(), &bob).unwrap();
        assert_eq!(
            (freeze.body.as_str(), freeze.movement()),
            (r#"{"id":"0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f"}"#, None)
        );
    }
}
