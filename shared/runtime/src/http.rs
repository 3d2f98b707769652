//! What every service answers over HTTP: `/livez`, `/readyz`, `/metrics`.

use std::net::SocketAddr;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use wallet_contract::subject::Service;

use crate::metrics::Metrics;
use crate::status::Board;

/// The routes of every service.
pub fn routes(service: Service, board: Board, metrics: Metrics) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(move || async move { ready(service, &board) }))
        .route("/metrics", get(move || async move { text(&metrics) }))
}

/// Takes the port, so that a taken one is known before anything else begins.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let taken = |error| {
        anyhow::anyhow!("can't listen on http://{address}: {error}; use another --http or WALLET_HTTP_ADDR")
    };
    TcpListener::bind(address).await.map_err(taken)
}

fn ready(service: Service, board: &Board) -> Response {
    let shards = board.read();
    let ready = !shards.is_empty() && shards.values().all(|(state, _)| state.is_ready());
    let rows: Vec<String> = shards
        .iter()
        .map(|(shard, (state, position))| {
            let detail = quoted(state.detail());
            format!(r#"{{"shard":{shard},"state":"{state}","detail":{detail},"position":{position}}}"#)
        })
        .collect();
    let body = format!("{{\"service\":\"{service}\",\"shards\":[{}]}}\n", rows.join(","));
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
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

/// A text as a JSON string.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
