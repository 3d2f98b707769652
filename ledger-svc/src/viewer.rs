//! The pages for people: what happened, as the log tells it. Server-rendered, without anything from elsewhere.
//!
//! | part | shows |
//! |---|---|
//! | [`list`] | `/`: all flows, newest first |
//! | [`accounts`] | `/accounts`, `/accounts/{name}`: balances now and then, the statement |
//! | [`health`] | `/health`: whether the books add up, what waits, how fast it goes |
//! | [`parked`] | `/parked`: all that is set aside |
//! | [`flow`] | `/flows/{transfer id}`, `/traces/{trace id}`: one flow |
//! | [`login`] | `/login`, `/logout`, if the service asks for a token |
//! | [`live`] | lists, sent again when they change |
//! | [`sse`] | streams of events that reach the browser at once, also through proxies |
//! | [`reading`] | what pages read from |
//! | [`chart`] | lines through points, as SVG |
//! | [`layout`] | what every page has: head, navigation, footer, help |
//! | [`parts`] | what many pages have: ids, states, amounts, times, links |
//! | [`assets`] | one style sheet, one script, one icon |
//! | [`dress`] | headers of each answer, and errors as pages |
//!
//! Everything works without the script but the theme switch, the keyboard and live updates. What comes from the log is
//! text that somebody else wrote: `maud` escapes it, and nothing here goes around that.

mod accounts;
mod assets;
mod chart;
mod dress;
mod flow;
mod health;
pub(crate) mod layout;
mod list;
mod live;
mod login;
mod parked;
pub(crate) mod parts;
mod reading;
#[cfg(test)]
mod samples;
mod sse;
#[cfg(test)]
mod tokens;

use std::sync::Arc;

use axum::{Extension, Router, middleware};
use wallet_runtime::http;
use wallet_runtime::running::Running;

use self::live::Live;

/// The routes of the viewer. Whatever has no route of its own is answered here, too.
pub(crate) fn routes(running: &Arc<Running>) -> Router<Arc<Running>> {
    let live = Live::default();
    tokio::spawn(live::look(running.clone(), live.clone()));
    Router::new()
        .merge(list::routes())
        .merge(accounts::routes())
        .merge(health::routes(running))
        .merge(parked::routes())
        .merge(login::routes())
        .merge(flow::routes())
        .merge(assets::routes())
        .fallback(http::nothing_there)
        .method_not_allowed_fallback(http::not_allowed)
        .layer(Extension(live))
        .layer(middleware::from_fn_with_state(running.clone(), dress::dress))
}
