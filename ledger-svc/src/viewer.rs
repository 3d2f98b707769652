//! The pages for people: what happened, according to the log. Rendered on the server, with nothing loaded from other hosts.
//!
//! | part | shows |
//! |---|---|
//! | [`list`] | `/`: all flows, newest first |
//! | [`accounts`] | `/accounts`, `/accounts/{name}`: balances now and at a time, the statement |
//! | [`health`] | `/health`: whether the books add up, what is pending, how fast transfers are |
//! | [`parked`] | `/parked`: all parked messages |
//! | [`flow`] | `/flows/{transfer id}`, `/traces/{trace id}`: one flow |
//! | [`login`] | `/login`, `/logout`, if the service requires a token |
//! | [`live`] | lists, sent again when they change |
//! | [`sse`] | server-sent events that reach the browser at once, also through proxies |
//! | [`reading`] | the data that pages read |
//! | [`chart`] | lines through points, as SVG |
//! | [`layout`] | common to all pages: head, navigation, footer, help |
//! | [`parts`] | common to many pages: ids, states, amounts, times, links |
//! | [`assets`] | one style sheet, one script, one icon |
//! | [`finish`] | the headers of each answer, and errors as pages |
//!
//! Without the script only the theme switch, the keyboard and live updates are missing. Text from the log was written by others:
//! `maud` escapes it, and nothing here bypasses that.

mod accounts;
mod assets;
mod chart;
mod finish;
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

/// The routes of the viewer, and the answer for paths without a route.
pub(crate) fn routes(running: &Arc<Running>) -> Router<Arc<Running>> {
    let live = Live::default();
    tokio::spawn(live::look(running.clone(), live.clone()));
    Router::new()
        .merge(list::routes())
        .merge(live::routes())
        .merge(accounts::routes())
        .merge(health::routes(running))
        .merge(parked::routes())
        .merge(login::routes())
        .merge(flow::routes())
        .merge(assets::routes())
        .fallback(http::not_found)
        .method_not_allowed_fallback(http::not_allowed)
        .layer(Extension(live))
        .layer(middleware::from_fn_with_state(running.clone(), finish::finish))
}
