//! Applied to every answer of the viewer: headers that stop a browser from loading anything from other hosts and from running
//! scripts that are not ours, and errors as pages that say what to do.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::html;
use wallet_runtime::place::{Root, is_for_programs};
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use super::layout::{self, Here};

/// Only files that this service serves; no inline script or style, so that text quoted on a page can never become one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Adds the headers, and shows an error as a page.
pub(super) async fn finish(State(running): State<Arc<Running>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (for_programs, root) = (is_for_programs(path), Root::of(path));
    let mut response = next.run(request).await;
    if !for_programs && let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = page(&running, root, &problem);
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn page(running: &Running, root: Root, problem: &Problem) -> Response {
    let status = problem.status();
    let title = title(status);
    let body = html! {
        h1 { (title) }
        p.notice { (problem.detail()) }
        p { (advice(status)) }
        p { a href=(root.to("/")) { "All transfers" } }
    };
    (status, layout::page(running, root, title, Here::Elsewhere, &body)).into_response()
}

fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "Invalid filter",
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::CONFLICT => "Ambiguous id",
        StatusCode::SERVICE_UNAVAILABLE => "Temporarily unavailable",
        other => other.canonical_reason().unwrap_or("Error"),
    }
}

fn advice(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "Go back and correct it: the message above names the field and its value.",
        StatusCode::NOT_FOUND => {
            "Is the id complete? A transfer can be found as soon as its request is in the log; the list shows the newest. A proxy that \
             serves the viewer under a path of its own must strip that path from its requests."
        }
        StatusCode::CONFLICT => "Choose one of those named in the message above.",
        StatusCode::SERVICE_UNAVAILABLE => {
            "Reload the page in a moment. If the problem persists, see the health page and the log of ledger-svc."
        }
        _ => "The log of ledger-svc may have more details.",
    }
}
