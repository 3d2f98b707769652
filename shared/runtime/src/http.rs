//! What every service answers over HTTP: `/livez`, `/readyz`, `/metrics`.

use std::net::SocketAddr;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;
use wallet_contract::ready::Ready;

use crate::metrics::Metrics;
use crate::status::Instance;

/// The routes of every service.
pub fn routes(instance: Instance, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { answer(&instance.ready()) }))
        .route("/metrics", get(move || async move { text(&metrics) }))
}

/// Takes the port, so that a taken one is known before anything else begins.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let taken = |error| {
        anyhow::anyhow!("can't listen on http://{address}: {error}; use another --http or WALLET_HTTP_ADDR")
    };
    TcpListener::bind(address).await.map_err(taken)
}

fn answer(ready: &Ready) -> Response {
    let status = if ready.is_ready() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(ready)).into_response()
}

fn text(metrics: &Metrics) -> Response {
    (
        [(
            header::CONTENT_TYPE,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        )],
        metrics.text(),
    )
        .into_response()
}
