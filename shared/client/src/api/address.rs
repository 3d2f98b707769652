//! A service's address, and its bearer token.

use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{Client, Url};

use super::{Api, Error};
use crate::InvalidInput;

/// Longer than a ledger waits for its books to catch up.
const TIMEOUT: Duration = Duration::from_secs(15);

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

/// The service to query, and the option that sets its address.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) name: &'static str,
    pub(super) option: &'static str,
}

impl Target {
    pub(super) const LEDGER: Self = Self {
        name: "the ledger",
        option: "--api",
    };
    pub(super) const DEBIT: Self = Self {
        name: "debit-svc",
        option: "--debit",
    };
    pub(super) const CREDIT: Self = Self {
        name: "credit-svc",
        option: "--credit",
    };
}

impl Api {
    pub(super) fn of(target: Target, url: &str) -> Result<Self, Error> {
        let (name, address) = (target.name, "use an address such as http://127.0.0.1:8080");
        let shown = without_login(url);
        let unread = |why| InvalidInput::new(format!("address of {name} {shown:?}: {address} ({why})"));
        let mut base: Url = url.parse().map_err(unread)?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(InvalidInput::new(format!(
                "address of {name} {shown:?}: leave out the user and password; if the service requires a token, set \
                 WALLET_API_TOKEN or --api-token"
            ))
            .into());
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(InvalidInput::new(format!(
                "address of {name} {shown:?}: leave out the query and the fragment (? and #): {address}"
            ))
            .into());
        }
        if base.scheme() != "http" || base.host_str().is_none() {
            return Err(InvalidInput::new(format!(
                "address of {name} {shown:?}: {address} (plain http; a proxy terminates TLS)"
            ))
            .into());
        }
        // Behind a proxy it may have a path of its own, which prefixes every request path.
        let path = format!("{}/", base.path().trim_end_matches('/'));
        base.set_path(&path);
        let mut http = Client::builder().timeout(TIMEOUT);
        if matches!(base.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            http = http.no_proxy();
        }
        Ok(Self {
            base,
            http: http
                .build()
                .map_err(|error| Error::Unexpected(format!("the HTTP client can't be started: {error}")))?,
            target,
            authorization: None,
        })
    }

    /// Presents a token with each request.
    pub fn with_token(mut self, token: Option<&ApiToken>) -> Result<Self, Error> {
        if let Some(ApiToken(token)) = token.filter(|token| !token.0.is_empty()) {
            let value = HeaderValue::from_str(&format!("Bearer {token}"));
            // The original error could repeat it.
            let unfit = |_| {
                InvalidInput::new(
                    "WALLET_API_TOKEN (or --api-token) has characters that a token can't contain: use letters, digits and -._~+/=",
                )
            };
            let mut value = value.map_err(unfit)?;
            value.set_sensitive(true);
            self.authorization = Some(value);
        }
        Ok(self)
    }
}

/// The address of the service `after` ports above the ledger, as in a local stack. None if the address has a path, since a
/// proxy's paths have no such neighbours.
pub fn neighbour(url: &str, after: u16) -> Option<String> {
    let mut url = Url::parse(url).ok()?;
    let port = url.port_or_known_default()?.checked_add(after)?;
    url.set_port(Some(port)).ok()?;
    url.set_path("/");
    Some(url.as_str().trim_end_matches('/').to_owned())
}

/// A displayable address: without login and query.
fn without_login(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        (None, Some(at)) => url[at + 1..].to_owned(),
        (_, _) => url.to_owned(),
    }
}
