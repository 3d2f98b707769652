//! The lines of an account's books.

use maud::{Markup, html};
use wallet_contract::id::AccountId;
use wallet_runtime::place::Root;

use super::{Question, url};
use crate::books::{Line, Statement};
use crate::viewer::parts;

pub(super) fn table(name: &AccountId, asked: &Question, statement: &Statement) -> Markup {
    let lines = &statement.lines;
    let from = |before: String| {
        url(
            name,
            &Question {
                before,
                ..asked.clone()
            },
        )
    };
    html! {
        h2 { "Statement" }
        @if lines.is_empty() { p.muted { "Nothing has been booked." } }
        table.cards.statement {
            caption.visually-hidden { "Bookings, newest first" }
            thead { tr {
                th scope="col" { "time (UTC)" } th scope="col" { "booking" } th scope="col" { "with" } th.num scope="col" { "amount" }
                th.num scope="col" { "available" } th.num scope="col" { "held" } th scope="col" { "transfer" } th scope="col" { "memo" }
            } }
            tbody { @for line in lines { (row(name, line)) } }
        }
        nav.pages aria-label="Pages" {
            @if asked.before.is_empty() { span {} } @else { a.button rel="prev" href=(from(String::new())) { "Newest" } }
            @if let Some(next) = &statement.next { a.button rel="next" href=(from(next.clone())) { "Older →" } }
        }
    }
}

fn row(name: &AccountId, line: &Line) -> Markup {
    let id = line.transfer.to_string();
    // The flow's name has the payer in it.
    let payer = if line.kind == "credit" {
        &line.counterparty
    } else {
        name.as_str()
    };
    html! {
        tr data-row data-id=(id) {
            td data-label="time (UTC)" { (parts::time(&line.time)) }
            td data-label="booking" { (line.kind) }
            td data-label="with" { (parts::account(Root::BELOW, &line.counterparty)) }
            td.num data-label="amount" { span { (parts::money(&line.amount, &line.currency)) } }
            td.num data-label="available" { (parts::grouped(&line.balance)) }
            td.num data-label="held" { (parts::grouped(&line.held_balance)) }
            td data-label="transfer" {
                span.id { a.open href=(parts::flow_url(Root::BELOW, &id, payer)) title=(id) { (parts::short(&id)) } (parts::copy(&id)) }
            }
            td data-label="memo" { @if let Some(memo) = &line.memo { span { (memo) } } }
        }
    }
}
