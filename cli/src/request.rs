//! Requests as this tool sends them, checked beforehand with the very code that the services read them with.

use serde::Serialize;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::{Currency, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{self, Context, Order};
use wallet_contract::subject::Verb;

/// A request that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The client's name for it.
    pub id: TransferId,
    /// Whose authority is used.
    pub account: AccountId,
    /// What is asked.
    pub verb: Verb,
    /// The JSON that is published.
    pub body: String,
    /// The same, understood.
    pub order: Order,
}

/// A transfer as somebody wrote it down, nothing of it checked yet but the payer's name.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Who pays.
    pub from: &'a AccountId,
    /// Who is paid.
    pub to: &'a str,
    /// How much.
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
        let body = Body {
            id: id.to_string(),
            ..*body
        };
        let body = serde_json::to_string(&body).expect("strings are always JSON");
        let context = Context {
            verb,
            account: Some(account),
            traceparent: None,
            event_id: None,
        };
        let read = request::read(&body, context).map_err(|bad| Refusal::new(Reason::InvalidRequest, bad))?;
        Ok(Self {
            id,
            account: account.clone(),
            verb,
            order: read.order?,
            body,
        })
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
            "12.345",
            "USD",
            "invalid_amount: amount \"12.345\" has 3 decimals, USD has 2",
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
