//! The pages for people: what happened, as the log tells it. Server-rendered, without anything from elsewhere.
//!
//! | part | shows |
//! |---|---|
//! | [`list`] | `/`: all flows, newest first |
//! | [`flow`] | `/flows/{transfer id}`, `/traces/{trace id}`: one flow |
//! | [`layout`] | what every page has: head, navigation, footer, help |
//! | [`parts`] | what many pages have: ids, states, amounts, times, links |
//! | [`assets`] | one style sheet, one script, one icon |
//! | [`dress`] | headers of each answer, and errors as pages |
//!
//! Everything works without the script but the theme switch, the keyboard and live updates. What comes from the log is
//! text that somebody else wrote: `maud` escapes it, and nothing here goes around that.

mod assets;
mod dress;
mod flow;
pub(crate) mod layout;
mod list;
pub(crate) mod parts;
#[cfg(test)]
mod tokens;

use std::sync::Arc;

use axum::routing::get;
use axum::{Router, middleware};
use wallet_runtime::program::Running;

/// The routes of the viewer. Whatever has no route of its own is answered here, too.
pub(crate) fn routes(running: &Arc<Running>) -> Router<Arc<Running>> {
    Router::new()
        .route("/", get(list::list))
        .fallback(dress::nothing_there)
        .merge(flow::routes())
        .merge(assets::routes())
        .layer(middleware::from_fn_with_state(running.clone(), dress::dress))
}
