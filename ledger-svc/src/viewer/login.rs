//! `/login`: a browser says the token once, and shows a cookie from then on. `/logout` takes the cookie away.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, http};
use maud::{Markup, html};
use serde::Deserialize;
use wallet_runtime::guard::{COOKIE, LOGIN, LOGOUT};
use wallet_runtime::program::Running;
use wallet_runtime::question::Asked;

use super::layout::{self, Here};
use crate::api::Ledger;

/// More than any token and address that makes sense.
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

/// Where to go on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

/// What the form sends. It has no `Debug`: the token is written nowhere.
#[derive(Deserialize)]
struct Said {
    token: String,
    #[serde(default)]
    next: String,
}

async fn show(State(running): Ledger, Asked(Next { next }): Asked<Next>) -> Response {
    match running.token {
        Some(_) => page(&running, &next, None).into_response(),
        None => Redirect::to("/").into_response(),
    }
}

async fn log_in(State(running): Ledger, headers: HeaderMap, Form(said): Form<Said>) -> Response {
    let Some(token) = running.token else {
        return Redirect::to("/").into_response();
    };
    match token.session(said.token.trim()) {
        Some(session) => {
            let cookie = format!(
                "{COOKIE}={session}; Path=/; HttpOnly; SameSite=Strict{}",
                secure(&headers)
            );
            ([(header::SET_COOKIE, cookie)], Redirect::to(local(&said.next))).into_response()
        }
        None => {
            tracing::warn!("somebody has said a wrong token on {LOGIN}");
            let wrong = page(&running, &said.next, Some("This is not the token."));
            (StatusCode::FORBIDDEN, wrong).into_response()
        }
    }
}

async fn log_out(headers: HeaderMap) -> impl IntoResponse {
    let gone = format!(
        "{COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{}",
        secure(&headers)
    );
    ([(header::SET_COOKIE, gone)], Redirect::to(LOGIN))
}

/// TLS ends at a proxy, which says so.
fn secure(headers: &HeaderMap) -> &'static str {
    let proto = headers.get(http::HeaderName::from_static("x-forwarded-proto"));
    if proto.is_some_and(|proto| proto == "https") {
        "; Secure"
    } else {
        ""
    }
}

/// An address here; whoever made the link, nobody is led elsewhere.
fn local(next: &str) -> &str {
    let is_local = next.starts_with('/') && !next.starts_with("//");
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_local && is_plain { next } else { "/" }
}

fn page(running: &Running, next: &str, wrong: Option<&str>) -> Markup {
    let body = html! {
        h1 { "Log in" }
        @if let Some(wrong) = wrong { p.notice role="alert" { (wrong) } }
        form.panel.login method="post" action=(LOGIN) {
            p { "The books are readable for who has the token: the one that this service was started with (" code { "WALLET_HTTP_TOKEN" } ")." }
            input type="hidden" name="next" value=(local(next));
            div.fields {
                label { "Token" input type="password" name="token" autocomplete="current-password" required autofocus; }
                button.primary { "Log in" }
            }
        }
    };
    layout::page(running, "Log in", Here::Login, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for here in ["/", "/flows/x?payer=a", "/?account=a&status=stuck"] {
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
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
