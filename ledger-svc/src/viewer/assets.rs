//! The files that pages need. They are compiled into the program; their URLs change with their content, so that a browser may
//! cache them for ever.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use wallet_runtime::running::Running;

/// The style sheet of every page. `viewer.css` explains each design token.
pub(crate) const CSS: &str = concat!(include_str!("viewer.css"), include_str!("flow.css"));
const JS: &str = concat!(include_str!("viewer.js"), include_str!("flow.js"));
const ICON: &str = include_str!("icon.svg");

/// The URL of each.
pub(super) static CSS_URL: LazyLock<String> = LazyLock::new(|| url("viewer.css", CSS));
pub(super) static JS_URL: LazyLock<String> = LazyLock::new(|| url("viewer.js", JS));
pub(super) static ICON_URL: LazyLock<String> = LazyLock::new(|| url("icon.svg", ICON));

pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new()
        .route("/assets/viewer.css", file("text/css; charset=utf-8", CSS))
        .route("/assets/viewer.js", file("text/javascript; charset=utf-8", JS))
        .route("/assets/icon.svg", file("image/svg+xml", ICON))
}

fn file(content_type: &'static str, text: &'static str) -> axum::routing::MethodRouter<Arc<Running>> {
    get(move || async move {
        let headers = [
            (header::CONTENT_TYPE, content_type),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ];
        (headers, text).into_response()
    })
}

fn url(name: &str, text: &str) -> String {
    let mut tag = DefaultHasher::new();
    text.hash(&mut tag);
    format!("/assets/{name}?v={:016x}", tag.finish())
}
