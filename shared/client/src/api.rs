//! Questions to the ledger over HTTP. They only ask, but for what heals a stream.
//!
//! A ledger answers when its books have caught up with the log as it was when asked, so what is read is never stale.

mod answers;
mod filter;
pub mod healing;
mod pages;

use std::error::Error;
use std::fmt;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, StatusCode, Url};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;

use crate::InvalidInput;

pub use answers::{
    Account, AccountPage, AsOf, Balance, Duty, Health, Line, Parked, ParkedPage, Phases, PhasesPage,
    Position, SeenTo, Statement, Stats, Tally, TracePage, TransferPage, Word,
};
pub use filter::StatusFilter;
pub use wallet_contract::status::Status;
pub use wallet_view::flow::{Event, Flow as Transfer, Reversal, Stuck, WaitsFor};
use wallet_view::text::exact;

/// Longer than a ledger waits for its books to catch up.
const TIMEOUT: Duration = Duration::from_secs(15);
/// The most rows that one answer may have.
pub const MAX_ROWS: u32 = 1_000;

/// A ledger, as its clients see it.
#[derive(Clone, Debug)]
pub struct Api {
    base: Url,
    http: Client,
    who: Who,
    authorization: Option<HeaderValue>,
}

/// A bearer token that is never shown.
#[derive(Clone)]
pub struct ApiToken(String);

impl From<String> for ApiToken {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(…)")
    }
}

/// Whom is asked, and with which option another address is named.
#[derive(Clone, Copy, Debug)]
struct Who {
    name: &'static str,
    option: &'static str,
}

const LEDGER: Who = Who {
    name: "the ledger",
    option: "--api",
};
const DEBIT: Who = Who {
    name: "debit-svc",
    option: "--debit",
};
const CREDIT: Who = Who {
    name: "credit-svc",
    option: "--credit",
};

/// What a ledger says when it can't answer (RFC 9457).
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What kind of problem it is.
    pub title: String,
    /// What it was in this case.
    #[serde(default)]
    pub detail: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.detail.is_empty() {
            &self.title
        } else {
            &self.detail
        })
    }
}

impl Error for Problem {}

/// Why a service gave no answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mute {
    /// Nobody answers there.
    #[error("no answer from {name} at {url}: {why}; is it running (`wallet up`), and {option} right?")]
    Silent {
        /// Who was asked.
        name: &'static str,
        /// Where.
        url: String,
        /// What happened instead.
        why: String,
        /// With which option another address is named.
        option: &'static str,
    },
    /// It answers only who shows a token, and none was shown.
    #[error("{name} at {url} asks for a token: set WALLET_API_TOKEN, or give --api-token")]
    Locked {
        /// Who was asked.
        name: &'static str,
        /// Where.
        url: String,
    },
    /// It does not take the token that was shown.
    #[error(
        "{name} at {url} does not take this token: WALLET_API_TOKEN (or --api-token) must be what it was started with as \
         WALLET_HTTP_TOKEN"
    )]
    WrongToken {
        /// Who was asked.
        name: &'static str,
        /// Where.
        url: String,
    },
}

/// Which flows are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Payer, payee, or whom an operator acted on.
    pub account: Option<AccountId>,
    /// How they stand.
    pub status: Option<StatusFilter>,
    /// Why they were refused.
    pub reason: Option<String>,
    /// When they ended: not before, and not after.
    pub ended: (Option<Timestamp>, Option<Timestamp>),
}

impl Api {
    /// Takes the ledger's address; connects at the first question.
    pub fn new(url: &str) -> Result<Self> {
        Self::of(LEDGER, url)
    }

    /// Takes the address of debit-svc, which answers for the phases of transfers only.
    pub fn debit(url: &str) -> Result<Self> {
        Self::of(DEBIT, url)
    }

    /// Takes the address of credit-svc, which is asked for healing only.
    pub fn credit(url: &str) -> Result<Self> {
        Self::of(CREDIT, url)
    }

    fn of(who: Who, url: &str) -> Result<Self> {
        let (name, address) = (who.name, "use an address such as http://127.0.0.1:8080");
        let shown = without_login(url);
        let unread = |why| InvalidInput::new(format!("address of {name} {shown:?}: {address} ({why})"));
        let mut base: Url = url.parse().map_err(unread)?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(InvalidInput::new(format!(
                "address of {name} {shown:?}: it takes no user or password, but a token, if it asks for one: WALLET_API_TOKEN, or \
                 --api-token"
            ))
            .into());
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(InvalidInput::new(format!(
                "address of {name} {shown:?}: leave out what begins with ? or #: {address}"
            ))
            .into());
        }
        if base.scheme() != "http" || base.host_str().is_none() {
            return Err(InvalidInput::new(format!(
                "address of {name} {shown:?}: {address} (plain http; TLS ends at a proxy)"
            ))
            .into());
        }
        // Behind a proxy it may have a path of its own: what is asked for stands below that.
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let mut http = Client::builder().timeout(TIMEOUT);
        if matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            http = http.no_proxy();
        }
        Ok(Self {
            base,
            http: http.build().context("starting the HTTP client")?,
            who,
            authorization: None,
        })
    }

    /// Shows a token with each question.
    pub fn with_token(mut self, token: Option<&ApiToken>) -> Result<Self> {
        if let Some(ApiToken(token)) = token.filter(|token| !token.0.is_empty()) {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            // The error could repeat it.
            let unfit = |_| {
                InvalidInput::new(
                    "WALLET_API_TOKEN (or --api-token) has characters that no token has: use letters, digits and -._~+/=",
                )
            };
            let mut value = value.map_err(unfit)?;
            value.set_sensitive(true);
            self.authorization = Some(value);
        }
        Ok(self)
    }

    /// The address.
    pub fn url(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// An account as it is, or what it had at a time.
    pub async fn account(&self, account: &AccountId, at: Option<Timestamp>) -> Result<Account> {
        let at = at.map(exact);
        self.get(&format!("v1/accounts/{account}"), &[("at", at)]).await
    }

    /// Accounts behind `after` in the order of their names, at most `limit`.
    pub async fn accounts(&self, after: Option<&str>, limit: u32) -> Result<AccountPage> {
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
    ) -> Result<Statement> {
        let currency = currency.map(|currency| currency.code().to_owned());
        let query = [
            ("currency", currency),
            rows(limit),
            ("before", before.map(str::to_owned)),
        ];
        self.get(&format!("v1/accounts/{account}/statement"), &query)
            .await
    }

    /// One flow with its events; nothing if no request with this id has been heard.
    pub async fn transfer(&self, id: TransferId, payer: Option<&AccountId>) -> Result<Option<Transfer>> {
        let payer = payer.map(ToString::to_string);
        let found = self.get(&format!("v1/transfers/{id}"), &[("payer", payer)]).await;
        none_if_unknown(found)
    }

    /// Those of these transfers that any request has been heard of, without their events, in no order.
    pub async fn known(&self, transfers: &[(TransferId, AccountId)]) -> Result<Vec<Transfer>> {
        let mut known = Vec::new();
        for some in transfers.chunks(MAX_ROWS as usize) {
            let keys = some
                .iter()
                .map(|(id, payer)| json!({ "id": id.0, "payer": payer.as_str() }));
            let question = json!({ "transfers": keys.collect::<Vec<_>>() });
            let found: TransferPage = self.post("v1/transfers/known", &question).await?;
            known.extend(found.transfers);
        }
        Ok(known)
    }

    /// Flows without their events, newest first, from `before` on.
    pub async fn transfers(&self, filter: &Filter, limit: u32, before: Option<&str>) -> Result<TransferPage> {
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

    /// The phases of the transfers with this id; only debit-svc answers this.
    pub async fn phases(&self, id: TransferId, payer: Option<&AccountId>) -> Result<PhasesPage> {
        let payer = payer.map(ToString::to_string);
        self.get(&format!("v1/phases/{id}"), &[("payer", payer)]).await
    }

    /// How far any service has come.
    pub async fn store(&self) -> Result<healing::Store> {
        self.get("v1/store", &[]).await
    }

    /// What any service has decided on a shard behind number `after`.
    pub async fn decisions(&self, shard: u16, after: i64) -> Result<healing::Decisions> {
        let query = [
            ("shard", Some(shard.to_string())),
            ("after", Some(after.to_string())),
        ];
        self.get("v1/store/events", &query).await
    }

    /// What the ledger has recorded of a shard's log behind `after`.
    pub async fn recorded(&self, shard: u16, after: i64) -> Result<healing::RecordPage> {
        let (shard, after) = (Some(shard.to_string()), Some(after.to_string()));
        self.get("v1/log", &[("shard", shard), ("after", after), rows(MAX_ROWS)])
            .await
    }

    /// Has any service make a shard's stream reach to a position.
    pub async fn reach(&self, place: healing::Place) -> Result<()> {
        let IgnoredAny = self.post("v1/store/reach", &place).await?;
        Ok(())
    }

    /// Has a service publish decisions again.
    pub async fn publish(&self, again: &healing::Again) -> Result<()> {
        let IgnoredAny = self.post("v1/store/publish", again).await?;
        Ok(())
    }

    /// Has a service go on behind a position, because what it had read is lost.
    pub async fn go_on(&self, place: healing::Place) -> Result<()> {
        let IgnoredAny = self.post("v1/store/position", &place).await?;
        Ok(())
    }

    /// How it goes. This one does not wait for the books to catch up.
    pub async fn stats(&self) -> Result<Stats> {
        self.get("v1/stats", &[]).await
    }

    /// Whether the whole wallet is well. This one does not wait for the books either.
    pub async fn health(&self) -> Result<Health> {
        self.get("v1/health", &[]).await
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, Option<String>)]) -> Result<T> {
        let mut url = self.base.join(path).context("joining the ledger's address")?;
        for (name, value) in query {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        self.answer(path, self.http.get(url)).await
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        let url = self.base.join(path).context("joining the service's address")?;
        self.answer(path, self.http.post(url).json(body)).await
    }

    async fn answer<T: DeserializeOwned>(&self, path: &str, mut request: RequestBuilder) -> Result<T> {
        let no_answer = |error: reqwest::Error| {
            let Who { name, option } = self.who;
            let (url, why) = (self.url().to_owned(), root_cause(&error));
            Mute::Silent {
                name,
                url,
                why,
                option,
            }
        };
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization.clone());
        }
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let body = response.bytes().await.map_err(no_answer)?;
        if !status.is_success() {
            return Err(self.problem(status, &body));
        }
        let strange = || {
            format!(
                "{} at {} answered {path} with something else than expected",
                self.who.name,
                self.url()
            )
        };
        serde_json::from_slice(&body).with_context(strange)
    }

    fn problem(&self, status: StatusCode, body: &[u8]) -> anyhow::Error {
        if status == StatusCode::UNAUTHORIZED {
            let (name, url) = (self.who.name, self.url().to_owned());
            return match self.authorization {
                None => Mute::Locked { name, url }.into(),
                Some(_) => Mute::WrongToken { name, url }.into(),
            };
        }
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => problem.into(),
            Err(_) => anyhow!(
                "{} answered HTTP {status}; is that {} of a wallet? See {}",
                self.url(),
                self.who.name,
                self.who.option
            ),
        }
    }
}

/// The service that a local stack has `after` ports behind the ledger. A path is a proxy's, and no neighbour has it.
pub fn neighbour(url: &str, after: u16) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let port = url.port_or_known_default()?.checked_add(after)?;
    url.set_port(Some(port)).ok()?;
    url.set_path("/");
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// An address as it may be shown: without what stands in front of the host, and without a query.
fn without_login(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        (None, Some(at)) => url[at + 1..].to_owned(),
        (_, _) => url.to_owned(),
    }
}

fn rows(limit: u32) -> (&'static str, Option<String>) {
    ("limit", Some(limit.clamp(1, MAX_ROWS).to_string()))
}

/// A question about something that does not exist has an answer.
fn none_if_unknown<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_unknown(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether the ledger said that there is no such thing.
pub fn is_unknown(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<Problem>()
        .is_some_and(|problem| problem.status == StatusCode::NOT_FOUND.as_u16())
}

fn root_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
