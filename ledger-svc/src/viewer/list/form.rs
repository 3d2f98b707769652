//! The fields above the list. They are two plain forms, so the filter is in the URL.

use maud::{Markup, html};
use wallet_contract::status::Status;

use crate::listing::query::{Halted, ListQuery};

pub(super) fn form(query: &ListQuery) -> Markup {
    let words = Status::ALL
        .map(Status::word)
        .into_iter()
        .chain(Halted::ALL.map(Halted::word));
    let is_more = query
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
                label { "Account" input name="account" value=(query.account) spellcheck="false" autocapitalize="off" size="14"; }
                label {
                    "Status"
                    select name="status" {
                        option value="" { "any" }
                        @for word in words { option value=(word) selected[query.status == word] { (word) } }
                    }
                }
                button { "Filter" }
                @if !query.fields().is_empty() { a.button href="./" { "Clear" } }
            }
            details open[is_more] {
                summary { "More filters" }
                div.fields {
                    label { "Reason" input name="reason" value=(query.reason) placeholder="insufficient_funds" spellcheck="false" size="20"; }
                    label { "Currency" input name="currency" value=(query.currency) placeholder="USD" maxlength="3" size="5"; }
                    label { "Amount from" input name="min" value=(query.min) inputmode="decimal" placeholder="10.00" size="9"; }
                    label { "to" input name="max" value=(query.max) inputmode="decimal" placeholder="99.99" size="9"; }
                    label { "Lasted at least, ms" input name="lasted_ms" value=(query.lasted_ms) inputmode="numeric" placeholder="250" size="7"; }
                    label { "Started from (UTC)" input name="from" value=(query.from) placeholder="2026-01-31T12:00:00" size="20"; }
                    label { "to" input name="to" value=(query.to) placeholder="2026-01-31T13:00:00" size="20"; }
                    label { "Ended from (UTC)" input name="ended_from" value=(query.ended_from) placeholder="2026-01-31T12:00:00" size="20"; }
                    label { "to" input name="ended_to" value=(query.ended_to) placeholder="2026-01-31T13:00:00" size="20"; }
                }
            }
        }
    }
}
