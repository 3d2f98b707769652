//! `/login`: a browser sends the token once, and presents a cookie from then on. `/logout` removes the cookie.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use wallet_runtime::extract::FormParams;
use wallet_runtime::guard::{COOKIE, LOGIN, LOGOUT};
use wallet_runtime::place::Root;
use wallet_runtime::running::Running;

use super::layout::{self, Here};
use crate::handler::Ledger;

/// More than any sensible token and path.
const MAX_BODY_BYTES: usize = 16 * 1024;

pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new()
        .route(
            LOGIN,
            get(show)
                .post(log_in)
                .layer(DefaultBodyLimit::max(MAX_BODY_BYTES)),
        )
        .route(LOGOUT, post(log_out))
}

/// The page to go to after the login.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

/// The form's fields. It does not implement `Debug`, so that the token can never be logged.
#[derive(Deserialize)]
struct LoginForm {
    token: String,
    #[serde(default)]
    next: String,
}

async fn show(State(running): Ledger, FormParams(Next { next }): FormParams<Next>) -> Response {
    match running.token {
        Some(_) => page(&running, &next, None).into_response(),
        None => Redirect::to(&Root::TOP.to("/")).into_response(),
    }
}

async fn log_in(State(running): Ledger, headers: HeaderMap, Form(form): Form<LoginForm>) -> Response {
    let Some(token) = running.token else {
        return Redirect::to(&Root::TOP.to("/")).into_response();
    };
    match token.session(form.token.trim()) {
        Some(session) => {
            let cookie = cookie(&session, &headers);
            let next = Redirect::to(&Root::TOP.to(local(&form.next)));
            ([(header::SET_COOKIE, cookie)], next).into_response()
        }
        None => {
            tracing::warn!("a wrong token was entered on {LOGIN}");
            let wrong = page(&running, &form.next, Some("Wrong token."));
            (StatusCode::FORBIDDEN, wrong).into_response()
        }
    }
}

async fn log_out(headers: HeaderMap) -> impl IntoResponse {
    let gone = format!("{}; Max-Age=0", cookie("", &headers));
    ([(header::SET_COOKIE, gone)], Redirect::to(&Root::TOP.to(LOGIN)))
}

/// The cookie has no path of its own, so it is valid for the folder of this very URL (RFC 6265, 5.1.4). That is the viewer's root as
/// the browser sees it, also behind a proxy.
fn cookie(session: &str, headers: &HeaderMap) -> String {
    let secure = if is_over_tls(headers) { "; Secure" } else { "" };
    format!("{COOKIE}={session}; HttpOnly; SameSite=Strict{secure}")
}

/// Whether a proxy that terminates TLS says that the browser came over TLS. If there are several, the first entry is of the proxy that
/// the browser reached.
fn is_over_tls(headers: &HeaderMap) -> bool {
    let first = |name: HeaderName| {
        let value = headers.get(name)?.to_str().ok()?;
        Some(value.split(',').next()?.trim().to_ascii_lowercase())
    };
    let usual = first(HeaderName::from_static("x-forwarded-proto"));
    let standard = first(header::FORWARDED);
    let standard = standard.as_deref().unwrap_or_default().split(';');
    usual.as_deref() == Some("https")
        || standard
            .map(str::trim)
            .any(|part| part.replace('"', "") == "proto=https")
}

/// A path within the viewer. Whoever made the link, it never leads to another host or above the viewer's own path.
fn local(next: &str) -> &str {
    let is_local = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let mut parts = path
        .split('/')
        .map(|part| part.to_ascii_lowercase().replace("%2e", "."));
    let climbs = parts.any(|part| part == "..");
    if is_local && is_plain && !climbs {
        next
    } else {
        "/"
    }
}

fn page(running: &Running, next: &str, wrong: Option<&str>) -> Markup {
    let body = html! {
        h1 { "Log in" }
        @if let Some(wrong) = wrong { p.notice role="alert" { (wrong) } }
        form.panel.login method="post" action=(Root::TOP.to(LOGIN)) {
            p { "Reading the books requires the token that this service was started with (" code { "WALLET_HTTP_TOKEN" } ")." }
            input type="hidden" name="next" value=(local(next));
            div.fields {
                label { "Token" input type="password" name="token" autocomplete="current-password" required autofocus; }
                button.primary { "Log in" }
            }
        }
    };
    layout::page(running, Root::TOP, "Log in", Here::Login, &body)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_secure_if_the_browser_uses_tls() {
        let check = |name: &'static str, value: &'static str, secure: bool| {
            let headers = [(HeaderName::from_static(name), HeaderValue::from_static(value))];
            let cookie = cookie("x", &headers.into_iter().collect());
            let expected = format!("{COOKIE}=x; HttpOnly; SameSite=Strict");
            assert_eq!(
                cookie,
                expected + if secure { "; Secure" } else { "" },
                "{name}: {value}"
            );
        };
        check("x-forwarded-proto", "https", true);
        check("x-forwarded-proto", "HTTPS, http", true);
        check("x-forwarded-proto", "http", false);
        check("x-forwarded-proto", "http, https", false);
        check("forwarded", "for=192.0.2.60; proto=https; by=203.0.113.43", true);
        check(
            "forwarded",
            "for=192.0.2.60;proto=\"https\", for=198.51.100.17",
            true,
        );
        check("forwarded", "proto=http, proto=https", false);
        check("host", "https", false);
    }

    #[test]
    fn redirects_stay_within_the_viewer() {
        for here in [
            "/",
            "/flows/x?payer=a",
            "/?account=a&status=stuck",
            "/accounts/a..b?q=..",
        ] {
            assert_eq!(local(here), here);
        }
        for elsewhere in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\r\nSet-Cookie: x",
            "javascript:alert(1)",
            "/é",
            "/../mail",
            "/flows/%2E./..",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
