//! Authentication of HTTP requests, and limits on their size.
//!
//! Only the SHA-256 of a token is kept and compared. So the value in memory can't be used to authenticate or end up in a log, and
//! the timing of a comparison reveals nothing about the token.
//!
//! A browser can't send a token with each request. A service with pages gives it a cookie instead, which permits reading only.
//! Its value is derived from the token, so it survives a restart and becomes invalid when the token is changed.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, bail};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use tracing::warn;
use wallet_contract::subject::Service;

use crate::place::{Root, is_for_programs};
use crate::problem::Problem;

/// Longer than any valid URI.
const MAX_URI_BYTES: usize = 4096;
/// Limit for names and values together; the command line needs some hundred bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// Shorter ones can be guessed.
const MIN_TOKEN_BYTES: usize = 16;
/// Health checks work without a token.
const OPEN: [&str; 2] = ["/livez", "/readyz"];

/// Where a browser gets its cookie.
pub const LOGIN: &str = "/login";
/// Where it gives the cookie back.
pub const LOGOUT: &str = "/logout";
/// Needed by the login page itself.
const ASSETS: &str = "/assets/";
/// The cookie's name.
pub const COOKIE: &str = "wallet_session";

/// A bearer token that is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token {
    bearer: [u8; 32],
    session: [u8; 32],
}

/// The access check of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    token: Option<Token>,
    /// Whether browsers are redirected to a login page.
    login: bool,
}

impl Guard {
    /// The guard of a service.
    pub(crate) fn new(token: Option<Token>, service: Service) -> Self {
        Self {
            token,
            login: service == Service::Ledger,
        }
    }

    fn is_open(self, path: &str) -> bool {
        let of_login = path == LOGIN || path == LOGOUT || path.starts_with(ASSETS);
        OPEN.contains(&path) || (self.login && of_login)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// Takes the token from the setting or from its file; none if neither is given or the setting is empty.
    pub fn of(text: Option<&str>, file: Option<&Path>) -> anyhow::Result<Option<Self>> {
        let from_file = match file.filter(|file| !file.as_os_str().is_empty()) {
            Some(file) => {
                let read = std::fs::read_to_string(file);
                let text = read.with_context(|| format!("WALLET_HTTP_TOKEN_FILE is {}", file.display()))?;
                Some(text.trim().to_owned())
            }
            None => None,
        };
        match (text.filter(|text| !text.is_empty()), from_file) {
            (Some(_), Some(_)) => {
                bail!("there are two tokens, WALLET_HTTP_TOKEN and WALLET_HTTP_TOKEN_FILE: give one")
            }
            (Some(text), None) => Self::read(text, "WALLET_HTTP_TOKEN").map(Some),
            (None, Some(text)) => Self::read(&text, "the token in WALLET_HTTP_TOKEN_FILE").map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Validates a token; errors don't repeat it.
    fn read(text: &str, what: &str) -> anyhow::Result<Self> {
        if text.len() < MIN_TOKEN_BYTES {
            bail!("{what} has fewer than {MIN_TOKEN_BYTES} characters: `openssl rand -hex 24` makes one");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("{what} has characters that a header can't contain: use letters, digits and -._~+/=");
        }
        Ok(Self::hashed(text))
    }

    fn hashed(text: &str) -> Self {
        Self {
            bearer: Sha256::digest(text.as_bytes()).into(),
            session: Sha256::digest(session(text).as_bytes()).into(),
        }
    }

    /// The cookie's value, if the given token is right.
    pub fn session(self, given: &str) -> Option<String> {
        (Self::hashed(given) == self).then(|| session(given))
    }

    /// Whether the request carries this token, or only reads and carries its cookie.
    fn check(self, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
        if reads(method) && !headers.contains_key(header::AUTHORIZATION) && self.has_cookie(headers) {
            return Ok(());
        }
        let Some(given) = headers.get(header::AUTHORIZATION) else {
            return Err(Problem::unauthorized(
                "this service requires the token that it was started with (WALLET_HTTP_TOKEN), as a header: Authorization: Bearer …",
            ));
        };
        let given = given.to_str().unwrap_or_default();
        let bearer = given
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match bearer {
            Some((_, token)) if Self::hashed(token.trim()) == self => Ok(()),
            Some(_) | None => Err(Problem::unauthorized(
                "wrong token: use the one that the service was started with (WALLET_HTTP_TOKEN)",
            )),
        }
    }

    fn has_cookie(self, headers: &HeaderMap) -> bool {
        let cookies = headers
            .get_all(header::COOKIE)
            .into_iter()
            .filter_map(|value| value.to_str().ok());
        let mut ours = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| {
            let (name, value) = cookie.trim().split_once('=')?;
            (name == COOKIE).then_some(value)
        });
        ours.any(|value| <[u8; 32]>::from(Sha256::digest(value.as_bytes())) == self.session)
    }
}

/// The cookie that a browser presents instead of the token. It permits reading and does not reveal the token.
fn session(token: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"a browser's session for ");
    hash.update(token.as_bytes());
    format!("{:x}", hash.finalize())
}

/// The default address, on this machine only.
pub(crate) fn default_address(service: Service) -> SocketAddr {
    let port = match service {
        Service::Ledger => 8080,
        Service::Debit => 8081,
        Service::Credit => 8082,
    };
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Warns if the service is reachable from other machines and needs no token.
pub(crate) fn warn_if_open(address: SocketAddr, token: Option<Token>) {
    if token.is_none() && !address.ip().is_loopback() {
        warn!(
            "ANYONE WHO CAN REACH http://{address} CAN READ ALL BALANCES AND TRANSFERS: no token is set. Set one with \
             WALLET_HTTP_TOKEN or WALLET_HTTP_TOKEN_FILE, or listen on 127.0.0.1"
        );
    }
}

/// Lets a request pass, or responds with a problem. A browser that navigates to a page is redirected to the login page.
pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    match check(guard, &request) {
        Ok(()) => next.run(request).await,
        Err(problem)
            if guard.login && is_navigation(&request) && problem.status() == StatusCode::UNAUTHORIZED =>
        {
            Redirect::to(&login_url(request.uri())).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// Whether a person navigates to a page, as opposed to a program's request.
fn is_navigation(request: &Request) -> bool {
    let headers = request.headers();
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let wants_page = accepts.is_some_and(|accepts| accepts.contains("text/html"));
    let is_page = !is_for_programs(request.uri().path());
    reads(request.method()) && wants_page && is_page && !headers.contains_key(header::AUTHORIZATION)
}

/// HEAD is GET without the response body.
fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn login_url(wanted: &Uri) -> String {
    let place = wanted.path_and_query().map_or("/", |place| place.as_str());
    let next = utf8_percent_encode(place, NON_ALPHANUMERIC);
    Root::of(wanted.path()).to(&format!("{LOGIN}?next={next}"))
}

fn check(guard: Guard, request: &Request) -> Result<(), Problem> {
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
    match guard.token {
        Some(token) if !guard.is_open(uri.path()) => token.check(request.method(), headers),
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
        let short = dir.path().join("short");
        std::fs::write(&short, "short-secret").unwrap();
        let of = |text, file| Token::of(text, file).map_err(|error| error.to_string());
        assert_eq!(of(None, None), Ok(None));
        assert_eq!(of(Some(""), Some(Path::new(""))), Ok(None));
        let token = Some(Token::hashed(SECRET));
        assert_eq!(of(Some(SECRET), None), Ok(token));
        assert_eq!(of(None, Some(&file)), Ok(token));
        for (text, file, problem) in [
            (Some("short-secret"), None, "WALLET_HTTP_TOKEN has fewer than 16"),
            (
                Some("a secret with spaces"),
                None,
                "WALLET_HTTP_TOKEN has characters that a header can't contain",
            ),
            (
                None,
                Some(&*short),
                "the token in WALLET_HTTP_TOKEN_FILE has fewer than 16",
            ),
            (
                Some(SECRET),
                Some(&*file),
                "there are two tokens, WALLET_HTTP_TOKEN and WALLET_HTTP_TOKEN_FILE",
            ),
            (
                None,
                Some(Path::new("/no/such/file")),
                "WALLET_HTTP_TOKEN_FILE is /no/such/file",
            ),
        ] {
            let error = of(text, file).unwrap_err();
            assert!(error.contains(problem), "{error}");
            assert!(text.is_none_or(|text| !error.contains(text)), "{error}");
        }
        assert_eq!(format!("{token:?}"), "Some(Token(…))");
    }

    #[test]
    fn only_health_is_open_without_a_token() {
        let allowed = |path: &str, authorization: Option<&str>| {
            let mut request = Request::builder().uri(path);
            if let Some(value) = authorization {
                request = request.header(header::AUTHORIZATION, value);
            }
            check(
                Guard::new(Some(Token::hashed(SECRET)), Service::Debit),
                &request.body(axum::body::Body::empty()).unwrap(),
            )
            .is_ok()
        };
        let right = format!("Bearer {SECRET}");
        assert!(allowed("/livez", None) && allowed("/readyz", None));
        assert!(allowed("/v1/stats", Some(&right)) && allowed("/metrics", Some(&format!("bearer {SECRET}"))));
        for wrong in [
            None,
            Some("Bearer"),
            Some("Bearer x"),
            Some(SECRET),
            Some("Basic 0123456789abcdef"),
        ] {
            assert!(
                !allowed("/v1/stats", wrong) && !allowed("/metrics", wrong) && !allowed("/", wrong),
                "{wrong:?}"
            );
        }
        assert!(!allowed("/livez/../v1/stats", None) && !allowed("//livez", None));
    }

    #[test]
    fn a_cookie_allows_only_reading() {
        let token = Token::hashed(SECRET);
        let allowed = |service, method: &str, path: &str, cookie: &str| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::COOKIE, cookie);
            let guard = Guard::new(Some(token), service);
            check(guard, &request.body(axum::body::Body::empty()).unwrap()).is_ok()
        };
        let value = token.session(SECRET).unwrap();
        assert_eq!(token.session("another secret, as long"), None);
        let right = format!("theme=dark; {COOKIE}={value}");
        assert!(
            allowed(Service::Ledger, "GET", "/", &right)
                && allowed(Service::Debit, "GET", "/v1/phases/x", &right)
        );
        assert!(!allowed(Service::Ledger, "POST", "/v1/healing", &right));
        for wrong in [
            format!("{COOKIE}={SECRET}"),
            format!("x{COOKIE}={value}"),
            format!("{COOKIE}={value}0"),
            String::new(),
        ] {
            assert!(!allowed(Service::Ledger, "GET", "/", &wrong), "{wrong}");
        }
        assert!(
            allowed(Service::Ledger, "GET", LOGIN, "")
                && allowed(Service::Ledger, "GET", "/assets/viewer.css", "")
        );
        assert!(
            !allowed(Service::Debit, "GET", LOGIN, "") && !allowed(Service::Ledger, "GET", "/login/x", "")
        );
    }

    #[test]
    fn a_browser_is_redirected_to_the_login() {
        let url = |uri: &str| login_url(&uri.parse().unwrap());
        assert_eq!(
            url("/?status=stuck&account=a"),
            "./login?next=%2F%3Fstatus%3Dstuck%26account%3Da"
        );
        assert_eq!(url("/flows/x"), "../login?next=%2Fflows%2Fx");
    }

    #[test]
    fn the_default_addresses_are_local() {
        for service in Service::ALL {
            assert!(default_address(service).ip().is_loopback(), "{service}");
        }
    }
}
