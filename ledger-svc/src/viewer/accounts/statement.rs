//! The lines of an account's books.

use maud::{Markup, html};
use wallet_contract::id::AccountId;
use wallet_runtime::place::Root;
use wallet_view::statement::{Line, Part, change};

use super::{Query, url};
use crate::books::Statement;
use crate::viewer::parts;

pub(super) fn table(name: &AccountId, query: &Query, statement: &Statement) -> Markup {
    let lines = &statement.lines;
    let from = |before: String| {
        url(
            name,
            &Query {
                before,
                ..query.clone()
            },
        )
    };
    let holds = lines
        .iter()
        .any(|line| change(&line.held).is_some() || change(&line.held_balance).is_some());
    let changes = changes(holds);
    html! {
        h2 { "Statement" }
        @if lines.is_empty() { p.muted { @if query.at.is_empty() { "Nothing has been booked." } @else { "Nothing had been booked by then." } } }
        table.cards.statement {
            caption.visually-hidden { "Bookings, newest first" }
            thead { tr {
                th scope="col" { "time (UTC)" } th scope="col" { "booking" } th scope="col" { "counterparty" }
                th.num scope="col" { (changes) } th.num scope="col" { "available" }
                @if holds { th.num scope="col" { "± held" } th.num scope="col" { "held" } }
                th scope="col" { "transfer" } th scope="col" { "memo" }
            } }
            // Newest first, also the parts of a booking.
            tbody { @for line in lines { @for part in line.drawn().iter().rev() { (row(name, line, part, holds)) } } }
        }
        nav.pages aria-label="Pages" {
            @if query.before.is_empty() { span {} } @else { a.button rel="prev" href=(from(String::new())) { "Newest" } }
            @if let Some(next) = &statement.next { a.button rel="next" href=(from(next.clone())) { "Older →" } }
        }
    }
}

/// One line. The changes in each column add up to the change of the balance beside it.
fn row(name: &AccountId, line: &Line, part: &Part, holds: bool) -> Markup {
    let id = line.transfer.to_string();
    // A flow's key includes the payer.
    let (payer, payee) = if line.kind == "credit" {
        (line.counterparty.as_str(), name.as_str())
    } else {
        (name.as_str(), line.counterparty.as_str())
    };
    let change = |amount: &str| {
        html! {
            @match change(amount) { Some(change) => span { (parts::money(&change, &line.currency)) }, None => span.muted { "–" } }
        }
    };
    html! {
        tr data-row data-id=(id) {
            td data-label="time (UTC)" { (parts::at(line.time)) }
            td data-label="booking" { span { (part.kind) } }
            td data-label="counterparty" { (parts::account(Root::BELOW, &line.counterparty)) }
            td.num data-label=(changes(holds)) { (change(&part.amount)) }
            td.num data-label="available" { (parts::grouped(&part.balance)) }
            @if holds {
                td.num data-label="± held" { (change(&part.held)) }
                td.num data-label="held" { (parts::grouped(&part.held_balance)) }
            }
            td data-label="transfer" {
                span.id { a.open href=(parts::flow_url(Root::BELOW, &id, payer)) title=(id) { (parts::short(&id)) } (parts::copy(&id)) }
            }
            td data-label="memo" { (memo(line, part, payee)) }
        }
    }
}

/// The payer's memo, and links to the transfers that this one is linked with. A transfer is given back by its payee, so the payer
/// of the linked transfer is the payee of this one, in both directions.
fn memo(line: &Line, part: &Part, payee: &str) -> Markup {
    let links = line.links(part);
    html! {
        @if line.memo.is_some() || !links.is_empty() {
            span.long {
                @if let Some(memo) = &line.memo { (memo) }
                @for (at, link) in links.into_iter().enumerate() {
                    @let id = link.transfer().to_string();
                    @if at > 0 || line.memo.is_some() { "; " }
                    (link.words()) " " a.id href=(parts::flow_url(Root::BELOW, &id, payee)) title=(id) { (parts::short(&id)) }
                }
            }
        }
    }
}

/// The heading of the column with the changes of the available balance.
fn changes(holds: bool) -> &'static str {
    if holds { "± available" } else { "amount" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::viewer::samples::{self, OTHER};

    fn line(kind: &str, more: &[(&str, serde_json::Value)]) -> Line {
        let mut line = json!({
            "time": "2026-01-31T12:00:00.000000Z", "shard": 0, "sequence": 7, "transfer": samples::ID, "trace": "x",
            "kind": kind, "counterparty": "bob", "contra": "@in-transit", "amount": "-12.50", "held": "0.00",
            "balance": "87.50", "held_balance": "0.00", "currency": "USD", "memo": "lunch",
        });
        for (name, value) in more {
            line[*name] = value.clone();
        }
        serde_json::from_value(line).unwrap()
    }

    fn shown(line: Line) -> String {
        let statement = Statement {
            account: "alice".to_owned(),
            lines: vec![line],
            next: None,
        };
        table(&"alice".parse().unwrap(), &Query::default(), &statement).into_string()
    }

    #[test]
    fn reversals_are_linked() {
        let link = |payer: &str| format!("href=\"../flows/{OTHER}?payer={payer}\"");
        // alice paid bob, who gave it back.
        let paid = shown(line("debit", &[("reversed_by", json!([OTHER]))]));
        assert!(paid.contains("lunch; given back by <a"), "{paid}");
        assert!(paid.contains(&link("bob")), "{paid}");
        // bob paid alice, and she gave it back.
        let back = shown(line(
            "debit",
            &[("reverses", json!(OTHER)), ("memo", json!(null))],
        ));
        assert!(back.contains(">gives back <a"), "{back}");
        assert!(back.contains(&link("bob")), "{back}");
        // alice paid bob, and got it back.
        let got = shown(line("credit", &[("reverses", json!(OTHER))]));
        assert!(got.contains(&link("alice")), "{got}");
        assert!(!shown(line("hold", &[("reversed_by", json!([OTHER]))])).contains("given back"));
    }

    #[test]
    fn a_line_is_a_row() {
        let held = [("held", json!("12.50")), ("held_balance", json!("12.50"))];
        let lines = [
            line("hold", &held),
            line("debit", &[("memo", json!("<i>lunch</i>"))]),
        ];
        let statement = Statement {
            account: "alice".to_owned(),
            lines: lines.into(),
            next: Some("7.7".to_owned()),
        };
        let table = table(&"alice".parse().unwrap(), &Query::default(), &statement);
        insta::assert_snapshot!(samples::lines(table));
    }

    #[test]
    fn every_column_has_its_heading() {
        samples::columns_agree(&shown(line("debit", &[])));
        samples::columns_agree(&shown(line("hold", &[("held", json!("12.50"))])));
    }
}
