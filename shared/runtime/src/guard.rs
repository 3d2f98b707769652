//! Who may ask over HTTP, and how much may be asked at once.
//!
//! A token is kept as its SHA-256 only, and compared as such: what stands in memory can't be used to ask, can't be logged,
//! and how long a comparison takes says nothing about the token.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use tracing::warn;
use wallet_contract::subject::Service;

use crate::problem::Problem;

/// Longer than any question that makes sense.
pub const MAX_URI_BYTES: usize = 4096;
/// Names and values together; the tool needs some hundred bytes.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Shorter ones can be guessed.
pub const MIN_TOKEN_BYTES: usize = 16;
/// Who watches a service's health has no token.
const OPEN: [&str; 2] = ["/livez", "/readyz"];

/// A bearer token that is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// From the setting, or the file that it stands in; none if neither is given or the setting is empty.
    pub fn of(text: Option<&str>, file: Option<&Path>) -> anyhow::Result<Option<Self>> {
        let from_file = match file.filter(|file| !file.as_os_str().is_empty()) {
            Some(file) => {
                let read = std::fs::read_to_string(file);
                let text = read.with_context(|| format!("the HTTP token's file {}", file.display()))?;
                Some(text.trim().to_owned())
            }
            None => None,
        };
        match (text.filter(|text| !text.is_empty()), from_file) {
            (Some(_), Some(_)) => bail!("the HTTP token is given twice, as text and as file: give one"),
            (Some(text), None) => Self::read(text).map(Some),
            (None, Some(text)) => Self::read(&text).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// What is wrong with a token is told without it.
    fn read(text: &str) -> anyhow::Result<Self> {
        if text.len() < MIN_TOKEN_BYTES {
            bail!(
                "the HTTP token has fewer than {MIN_TOKEN_BYTES} characters: `openssl rand -hex 24` makes one"
            );
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("the HTTP token has characters that no header can hold: use letters, digits and -._~+/=");
        }
        Ok(Self::hashed(text))
    }

    fn hashed(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Whether the request bears this token.
    fn check(self, headers: &HeaderMap) -> Result<(), Problem> {
        let Some(given) = headers.get(header::AUTHORIZATION) else {
            return Err(Problem::unauthorized(
                "this service asks for a token: Authorization: Bearer …",
            ));
        };
        let given = given.to_str().unwrap_or_default();
        let bearer = given
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match bearer {
            Some((_, token)) if Self::hashed(token.trim()) == self => Ok(()),
            Some(_) | None => Err(Problem::unauthorized("the token is not the right one")),
        }
    }
}

/// Where a service answers unless told otherwise: on this machine only.
pub fn usual_address(service: Service) -> SocketAddr {
    let port = match service {
        Service::Ledger => 8080,
        Service::Debit => 8081,
        Service::Credit => 8082,
    };
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Warns if everybody who can reach the service may ask it.
pub fn warn_if_open(address: SocketAddr, token: Option<Token>) {
    if token.is_none() && !address.ip().is_loopback() {
        warn!(
            "ANYBODY WHO REACHES http://{address} CAN READ ALL BALANCES AND TRANSFERS: there is no token. Give one with \
             WALLET_HTTP_TOKEN or WALLET_HTTP_TOKEN_FILE, or listen on 127.0.0.1"
        );
    }
}

/// Lets a request pass, or says why not.
pub async fn guard(State(token): State<Option<Token>>, request: Request, next: Next) -> Response {
    match check(token, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(token: Option<Token>, request: &Request) -> Result<(), Problem> {
    let uri = request.uri();
    let length = uri.path().len() + uri.query().map_or(0, str::len);
    if length > MAX_URI_BYTES {
        return Err(Problem::uri_too_long(length, MAX_URI_BYTES));
    }
    let headers = request.headers();
    let length: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if length > MAX_HEADER_BYTES {
        return Err(Problem::headers_too_large(length, MAX_HEADER_BYTES));
    }
    match token {
        Some(token) if !OPEN.contains(&uri.path()) => token.check(headers),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef";

    #[test]
    fn a_token_is_long_enough_and_given_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("token");
        std::fs::write(&file, format!("{SECRET}\n")).unwrap();
        let of = |text, file| Token::of(text, file).map_err(|error| error.to_string());
        assert_eq!(of(None, None), Ok(None));
        assert_eq!(of(Some(""), Some(Path::new(""))), Ok(None));
        let token = Some(Token::hashed(SECRET));
        assert_eq!(of(Some(SECRET), None), Ok(token));
        assert_eq!(of(None, Some(&file)), Ok(token));
        for (text, file, says) in [
            (Some("short-secret"), None, "fewer than 16"),
            (Some("a secret with spaces"), None, "no header can hold"),
            (Some(SECRET), Some(&*file), "given twice"),
            (None, Some(Path::new("/no/such/file")), "/no/such/file"),
        ] {
            let error = of(text, file).unwrap_err();
            assert!(error.contains(says), "{error}");
            assert!(text.is_none_or(|text| !error.contains(text)), "{error}");
        }
        assert_eq!(format!("{token:?}"), "Some(Token(…))");
    }

    #[test]
    fn only_health_is_open_to_everybody() {
        let asked = |path: &str, authorization: Option<&str>| {
            let mut request = Request::builder().uri(path);
            if let Some(value) = authorization {
                request = request.header(header::AUTHORIZATION, value);
            }
            check(
                Some(Token::hashed(SECRET)),
                &request.body(axum::body::Body::empty()).unwrap(),
            )
            .is_ok()
        };
        let right = format!("Bearer {SECRET}");
        assert!(asked("/livez", None) && asked("/readyz", None));
        assert!(asked("/v1/stats", Some(&right)) && asked("/metrics", Some(&format!("bearer {SECRET}"))));
        for wrong in [
            None,
            Some("Bearer"),
            Some("Bearer x"),
            Some(SECRET),
            Some("Basic 0123456789abcdef"),
        ] {
            assert!(
                !asked("/v1/stats", wrong) && !asked("/metrics", wrong) && !asked("/", wrong),
                "{wrong:?}"
            );
        }
        assert!(!asked("/livez/../v1/stats", None) && !asked("//livez", None));
    }

    #[test]
    fn the_usual_addresses_are_this_machines() {
        for service in Service::ALL {
            assert!(usual_address(service).ip().is_loopback(), "{service}");
        }
    }
}
