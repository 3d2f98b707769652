//! Queries to the ledger over HTTP. Only `healing` changes anything.
//!
//! A ledger responds once its books have caught up with the log as it was at the time of the query, so reads are never stale.
//!
//! | module | is about |
//! |---|---|
//! | `answers` | the responses, field by field |
//! | `filter` | which transfers are listed |
//! | `pages` | following lists to their end |
//! | [`healing`] | what the services store, so that it can be put back into a stream |
//! | `address` | a service's address and token |
//! | `http` | sends requests, and parses responses |
//! | `error` | why a query fails |

mod address;
mod answers;
mod error;
mod filter;
pub mod healing;
mod http;
mod pages;

use jiff::Timestamp;
use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use serde_json::json;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;
use wallet_view::text::exact;

pub use address::{ApiToken, neighbour};
pub use answers::{
    Account, AccountPage, AsOf, Balance, Duty, Health, Line, Parked, ParkedPage, Phases, PhasesPage,
    Position, SeenTo, Statement, Stats, Tally, TracePage, TransferPage, Word,
};
pub use error::{AccessError, Error, Problem, is_unknown};
pub use filter::{Filter, StatusFilter};
pub use wallet_contract::status::Status;
pub use wallet_view::flow::{Event, Flow as Transfer, Reversal, Stuck, WaitsFor};

use address::Target;
use error::none_if_unknown;

/// The most rows in one response.
pub const MAX_ROWS: u32 = 1_000;

/// A client of the ledger.
#[derive(Clone, Debug)]
pub struct Api {
    base: Url,
    http: Client,
    target: Target,
    authorization: Option<HeaderValue>,
}

impl Api {
    /// A client for this ledger address; connects at the first query.
    pub fn new(url: &str) -> Result<Self, Error> {
        Self::of(Target::LEDGER, url)
    }

    /// A client for debit-svc, which only serves the phases of transfers.
    pub fn debit(url: &str) -> Result<Self, Error> {
        Self::of(Target::DEBIT, url)
    }

    /// A client for credit-svc, which only serves healing.
    pub fn credit(url: &str) -> Result<Self, Error> {
        Self::of(Target::CREDIT, url)
    }

    /// The address.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// An account as it is now, or its balances at a given time.
    pub async fn account(&self, account: &AccountId, at: Option<Timestamp>) -> Result<Account, Error> {
        let at = at.map(exact);
        self.get(&format!("v1/accounts/{account}"), &[("at", at)]).await
    }

    /// Accounts after `after` in the order of their names, at most `limit`.
    pub async fn accounts(&self, after: Option<&str>, limit: u32) -> Result<AccountPage, Error> {
        self.get("v1/accounts", &[("after", after.map(str::to_owned)), rows(limit)])
            .await
    }

    /// An account's bookings, newest first, from `before` on.
    pub async fn statement(
        &self,
        account: &AccountId,
        currency: Option<Currency>,
        limit: u32,
        before: Option<&str>,
    ) -> Result<Statement, Error> {
        let currency = currency.map(|currency| currency.code().to_owned());
        let query = [
            ("currency", currency),
            rows(limit),
            ("before", before.map(str::to_owned)),
        ];
        self.get(&format!("v1/accounts/{account}/statement"), &query)
            .await
    }

    /// One flow with its events; none if no request with this id has been heard.
    pub async fn transfer(
        &self,
        id: TransferId,
        payer: Option<&AccountId>,
    ) -> Result<Option<Transfer>, Error> {
        let payer = payer.map(ToString::to_string);
        let found = self.get(&format!("v1/transfers/{id}"), &[("payer", payer)]).await;
        none_if_unknown(found)
    }

    /// The flows, without their events and unordered, of those transfers for which any request has been heard.
    pub async fn known(&self, transfers: &[(TransferId, AccountId)]) -> Result<Vec<Transfer>, Error> {
        let mut known = Vec::new();
        for some in transfers.chunks(MAX_ROWS as usize) {
            let keys = some
                .iter()
                .map(|(id, payer)| json!({ "id": id.0, "payer": payer.as_str() }));
            let query = json!({ "transfers": keys.collect::<Vec<_>>() });
            let found: TransferPage = self.post("v1/transfers/known", &query).await?;
            known.extend(found.transfers);
        }
        Ok(known)
    }

    /// Flows without their events, newest first, from `before` on.
    pub async fn transfers(
        &self,
        filter: &Filter,
        limit: u32,
        before: Option<&str>,
    ) -> Result<TransferPage, Error> {
        let query = [
            ("account", filter.account.as_ref().map(ToString::to_string)),
            ("status", filter.status.map(|status| status.word().to_owned())),
            ("reason", filter.reason.clone()),
            ("ended_from", filter.ended.0.map(exact)),
            ("ended_to", filter.ended.1.map(exact)),
            rows(limit),
            ("before", before.map(str::to_owned)),
        ];
        self.get("v1/transfers", &query).await
    }

    /// The phases of the transfers with this id; only debit-svc serves this.
    pub async fn phases(&self, id: TransferId, payer: Option<&AccountId>) -> Result<PhasesPage, Error> {
        let payer = payer.map(ToString::to_string);
        self.get(&format!("v1/phases/{id}"), &[("payer", payer)]).await
    }

    /// Overall figures. This query does not wait for the books to catch up.
    pub async fn stats(&self) -> Result<Stats, Error> {
        self.get("v1/stats", &[]).await
    }

    /// The health of the whole wallet. This query does not wait for the books either.
    pub async fn health(&self) -> Result<Health, Error> {
        self.get("v1/health", &[]).await
    }
}

fn rows(limit: u32) -> (&'static str, Option<String>) {
    ("limit", Some(limit.clamp(1, MAX_ROWS).to_string()))
}

#[cfg(test)]
mod tests;
