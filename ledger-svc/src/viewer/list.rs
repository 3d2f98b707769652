//! `/`: all flows, newest first.

use axum::extract::State;
use maud::{Markup, html};

use super::layout::{self, Here};
use crate::api::Ledger;

pub(super) async fn list(State(running): Ledger) -> Markup {
    layout::page(
        &running,
        "Transfers",
        Here::Transfers,
        &html! { h1 { "Transfers" } },
    )
}
