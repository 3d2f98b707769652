//! The HTTP routes that every service has: `/livez`, `/readyz`, `/metrics`, and the fallbacks.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;
use wallet_contract::ready::Ready;

use crate::instance::Instance;
use crate::metrics::{Form, Metrics};
use crate::problem::Problem;

/// The routes of every service.
pub(crate) fn routes(instance: Instance, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { answer(&instance.ready()) }))
        .route(
            "/metrics",
            get(move |headers| async move { scraped(&metrics, &headers) }),
        )
}

/// Binds the port first, so that one already in use is reported before anything else starts.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let taken = |error| {
        anyhow::anyhow!("can't listen on http://{address}: {error}; use another --http or WALLET_HTTP_ADDR")
    };
    TcpListener::bind(address).await.map_err(taken)
}

/// The response for an unknown route.
#[expect(clippy::unused_async, reason = "axum's handlers are async")]
pub async fn not_found(uri: Uri) -> Problem {
    Problem::not_found(format!("not found: {}", uri.path()))
}

/// The response for an unsupported method; the header `Allow` lists the supported ones.
pub async fn not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::not_allowed(format!("{} does not support {method}", uri.path()))
}

/// Forbids caching, unless a response allows it itself: balances are private, and must never be older than the books.
pub(crate) async fn no_store(mut response: Response) -> Response {
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn answer(ready: &Ready) -> Response {
    let status = if ready.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(ready)).into_response()
}

fn scraped(metrics: &Metrics, headers: &HeaderMap) -> Response {
    let accept = headers.get_all(header::ACCEPT).into_iter();
    let form = Form::preferred(accept.filter_map(|value| value.to_str().ok()));
    let headers = [
        (header::CONTENT_TYPE, form.content_type()),
        (header::VARY, header::ACCEPT.as_str()),
    ];
    (headers, metrics.text(form)).into_response()
}
