//! The lines of an account's books.

use maud::{Markup, html};
use wallet_contract::id::AccountId;
use wallet_runtime::place::Root;
use wallet_view::statement::{Line, Part, change};

use super::{Question, url};
use crate::books::Statement;
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
    let holds = lines
        .iter()
        .any(|line| change(&line.held).is_some() || change(&line.held_balance).is_some());
    let changes = changes(holds);
    html! {
        h2 { "Statement" }
        @if lines.is_empty() { p.muted { @if asked.at.is_empty() { "Nothing has been booked." } @else { "Nothing had been booked by then." } } }
        table.cards.statement {
            caption.visually-hidden { "Bookings, newest first" }
            thead { tr {
                th scope="col" { "time (UTC)" } th scope="col" { "booking" } th scope="col" { "with" }
                th.num scope="col" { (changes) } th.num scope="col" { "available" }
                @if holds { th.num scope="col" { "± held" } th.num scope="col" { "held" } }
                th scope="col" { "transfer" } th scope="col" { "memo" }
            } }
            // Newest first, the parts of a booking too.
            tbody { @for line in lines { @for part in line.drawn().iter().rev() { (row(name, line, part, holds)) } } }
        }
        nav.pages aria-label="Pages" {
            @if asked.before.is_empty() { span {} } @else { a.button rel="prev" href=(from(String::new())) { "Newest" } }
            @if let Some(next) = &statement.next { a.button rel="next" href=(from(next.clone())) { "Older →" } }
        }
    }
}

/// One line. Each column of changes adds up to the change of the balance beside it.
fn row(name: &AccountId, line: &Line, part: &Part, holds: bool) -> Markup {
    let id = line.transfer.to_string();
    // The flow's name has the payer in it.
    let payer = if line.kind == "credit" {
        &line.counterparty
    } else {
        name.as_str()
    };
    let change = |amount: &str| {
        html! {
            @match change(amount) { Some(change) => span { (parts::money(&change, &line.currency)) }, None => span.muted { "–" } }
        }
    };
    html! {
        tr data-row data-id=(id) {
            td data-label="time (UTC)" { (parts::at(line.time)) }
            td data-label="booking" { (part.kind) }
            td data-label="with" { (parts::account(Root::BELOW, &line.counterparty)) }
            td.num data-label=(changes(holds)) { (change(&part.amount)) }
            td.num data-label="available" { (parts::grouped(&part.balance)) }
            @if holds {
                td.num data-label="± held" { (change(&part.held)) }
                td.num data-label="held" { (parts::grouped(&part.held_balance)) }
            }
            td data-label="transfer" {
                span.id { a.open href=(parts::flow_url(Root::BELOW, &id, payer)) title=(id) { (parts::short(&id)) } (parts::copy(&id)) }
            }
            td data-label="memo" { @if let Some(memo) = &line.memo { span { (memo) } } }
        }
    }
}

/// What the column is called that has what changes of what is available.
fn changes(holds: bool) -> &'static str {
    if holds { "± available" } else { "amount" }
}
