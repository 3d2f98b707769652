//! The balances of payer and payee after each step that moves money, what is in transit between them, and the sum of zero.

use maud::{Markup, html};
use wallet_contract::money::Currency;
use wallet_view::money::{self, Cell, Row};
use wallet_view::text::clean;

use super::super::parts;
use super::View;
use super::step::{class, words};

pub(super) fn table(view: &View<'_>) -> Markup {
    let flow = view.flow;
    let Some((currency, rows)) = money::of(flow, &view.steps).filter(|(_, rows)| !rows.is_empty()) else {
        return html! { p { "No money has moved in this flow." } };
    };
    let held = rows.iter().any(|row| row.payer_held.change != 0);
    let (payer, payee) = (
        clean(&flow.payer),
        clean(flow.payee.as_deref().unwrap_or("the payee")),
    );
    let broken = flow
        .bookings
        .iter()
        .filter(|line| money::contradicts(flow, line, &view.steps));
    html! {
        div.wide tabindex="0" role="group" aria-label="Money after each step" {
            table.money {
                caption { "In " (currency) ". Each step's changes add up to zero; below each change is the balance before and after it." }
                thead {
                    tr {
                        th { "step" }
                        th.num { (payer) ", available" }
                        @if held { th.num { (payer) ", held" } }
                        th.num { "in transit" }
                        th.num { (payee) ", available" }
                        th.num { "sum" }
                    }
                }
                tbody { @for row in &rows { (line(view, row, currency, held)) } }
            }
        }
        @for line in broken {
            p.notice { "The books have a different amount for event " (line.event) ": " (parts::grouped(&line.amount)) ", " (parts::grouped(&line.held)) " held." }
        }
        @if rows.iter().any(|row| row.payer_available.change != 0 && row.payer_available.after.is_none()) {
            p.muted { "Missing balances are not in the books yet." }
        }
    }
}

fn line(view: &View<'_>, row: &Row, currency: Currency, held: bool) -> Markup {
    let step = &view.steps[row.step];
    let selected = if view.is_selected(row.step) {
        "selected"
    } else {
        ""
    };
    html! {
        tr data-row class=(selected) {
            td class=(class(step.mark)) {
                a.open data-swap href=(view.step_url(row.step)) { (row.step + 1) " " (words(step)) }
            }
            (cell(row.payer_available, currency))
            @if held { (cell(row.payer_held, currency)) }
            (cell(row.in_transit, currency))
            (cell(row.payee_available, currency))
            td.num.sum { (parts::grouped(&currency.format_minor(row.sum))) " " @if row.sum == 0 { "✓" } @else { "✗" } }
        }
    }
}

fn cell(cell: Cell, currency: Currency) -> Markup {
    let Cell {
        change,
        before,
        after,
    } = cell;
    let sign = if change > 0 { "+" } else { "" };
    let balance = |minor: i64| parts::grouped(&currency.format_minor(minor));
    html! {
        td.num {
            @if change == 0 { span.muted { "·" } } @else { strong { (sign) (balance(change)) } }
            @if let (Some(before), Some(after)) = (before, after) {
                @if change != 0 { br; small { (balance(before)) " → " (balance(after)) } }
                @else if after != 0 { br; small { (balance(after)) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_and_balances_have_digit_groups() {
        let change = Cell {
            change: -500_000,
            before: Some(123_456_789),
            after: Some(122_956_789),
        };
        let shown = cell(change, "USD".parse().unwrap()).into_string();
        let expected = "<strong>−5 000.00</strong><br><small>1 234 567.89 → 1 229 567.89</small>";
        assert!(
            shown.contains(
                &expected
                    .replace(' ', "\u{202f}")
                    .replace("\u{202f}→\u{202f}", " → ")
            ),
            "{shown}"
        );
    }
}
