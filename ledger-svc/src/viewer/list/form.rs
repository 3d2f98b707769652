//! The fields above the list. They are two plain forms, so the filter is in the URL.

use maud::{Markup, html};
use wallet_contract::status::Status;

use crate::listing::question::{Halted, Question};

pub(super) fn form(asked: &Question) -> Markup {
    let words = Status::ALL
        .map(Status::word)
        .into_iter()
        .chain(Halted::ALL.map(Halted::word));
    let is_more = asked
        .fields()
        .iter()
        .any(|(name, _)| !matches!(*name, "account" | "status" | "before" | "limit"));
    html! {
        form.find action="./find" role="search" {
            label {
                span { "Transfer id, trace id, account, status or reason" }
                input #search type="search" name="q" autocomplete="off" spellcheck="false";
            }
            button.primary { "Find" }
        }
        form.filters action="./" {
            div.fields {
                label { "Account" input name="account" value=(asked.account) spellcheck="false" autocapitalize="off" size="14"; }
                label {
                    "Status"
                    select name="status" {
                        option value="" { "any" }
                        @for word in words { option value=(word) selected[asked.status == word] { (word) } }
                    }
                }
                button { "Filter" }
                @if !asked.fields().is_empty() { a.button href="./" { "Clear" } }
            }
            details open[is_more] {
                summary { "More filters" }
                div.fields {
                    label { "Reason" input name="reason" value=(asked.reason) placeholder="insufficient_funds" spellcheck="false" size="20"; }
                    label { "Currency" input name="currency" value=(asked.currency) placeholder="USD" maxlength="3" size="5"; }
                    label { "Amount from" input name="min" value=(asked.min) inputmode="decimal" placeholder="10.00" size="9"; }
                    label { "to" input name="max" value=(asked.max) inputmode="decimal" placeholder="99.99" size="9"; }
                    label { "Lasted at least, ms" input name="lasted_ms" value=(asked.lasted_ms) inputmode="numeric" placeholder="250" size="7"; }
                    label { "Began from (UTC)" input name="from" value=(asked.from) placeholder="2026-01-31T12:00:00" size="20"; }
                    label { "to" input name="to" value=(asked.to) placeholder="2026-01-31T13:00:00" size="20"; }
                    label { "Ended from (UTC)" input name="ended_from" value=(asked.ended_from) placeholder="2026-01-31T12:00:00" size="20"; }
                    label { "to" input name="ended_to" value=(asked.ended_to) placeholder="2026-01-31T13:00:00" size="20"; }
                }
            }
        }
    }
}
