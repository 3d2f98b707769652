//! `/accounts`: all accounts with their balances; `/accounts/{name}`: one of them, now and at any time.

mod balance;
mod statement;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_engine::clock::rfc3339;
use wallet_runtime::extract::{FormParams, PathParam};
use wallet_runtime::place::Root;
use wallet_runtime::problem::Problem;
use wallet_runtime::running::Running;

use super::layout::{self, Here};
use super::{parts, reading};
use crate::books::accounts::Accounts;
use crate::books::{self, Balance, Cursor};
use crate::handler::{Ledger, limit};
use crate::listing::query;

/// The number of accounts, or lines, on a page.
const ROWS: i64 = 50;

pub(super) fn routes() -> Router<Arc<Running>> {
    Router::new()
        .route("/accounts", get(list))
        .route("/accounts/{id}", get(one))
}

/// The query for one account.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Query {
    at: String,
    currency: String,
    before: String,
    limit: String,
}

async fn one(
    State(running): Ledger,
    PathParam(id): PathParam,
    FormParams(query): FormParams<Query>,
) -> Result<Markup, Problem> {
    let name: AccountId = Problem::parse("account", &id)?;
    let shard = running.settings.shards.of(&name);
    let at = Some(query.at.trim()).filter(|at| !at.is_empty());
    let at = at
        .map(|text| query::time("at", text, (running.clock)()))
        .transpose()?;
    let at_us = at.map(|moment| moment.last_us);
    let (mut db, lag) = reading::one(&running, shard).await?;
    let page = books::page(&mut db, &name).await?;
    let now = page.ok_or_else(|| Problem::not_found(format!("account {name} was never opened")))?;
    let wanted: Option<Currency> = Some(query.currency.trim())
        .filter(|code| !code.is_empty())
        .map(|code| Problem::parse("currency", code))
        .transpose()?;
    let currencies: Vec<Currency> = now
        .balances
        .iter()
        .filter_map(|balance| balance.currency.parse().ok())
        .collect();
    let latest = books::latest(&mut db, &name).await?;
    let currency = wanted.or(latest).or(currencies.first().copied());
    let now_us = (running.clock)().as_microsecond();
    let drawn = match currency {
        Some(currency) => balance::drawn(&mut db, &name, currency, at_us, now_us).await?,
        None => None,
    };
    let before = match (query.before.trim(), at_us) {
        ("", None) => Cursor::END,
        ("", Some(at)) => Cursor::at(at),
        (text, _) => Cursor::read(text).ok_or_else(|| Problem::not_a_place(text))?,
    };
    let rows = rows(&query.limit)?;
    let statement = books::statement(&mut db, shard.0, &name, wanted, before, rows).await?;
    let standing = now.status.clone();
    let limits: Vec<Balance> = now.balances.clone();
    let shown = match at_us {
        Some(at) => now.back_to(&mut db, at).await?,
        None => now,
    };
    let body = html! {
        h1 data-id=(name) { "Account " (name) " " (parts::copy(name.as_str())) }
        (reading::notice(lag))
        p {
            "It is " @if at.is_some() { "now " } strong { (standing) } ", on shard " (shard.0) ". "
            a href={ (Root::BELOW) "?account=" (parts::escaped(name.as_str())) } { "Its transfers" }
        }
        @if let Some(at) = at_us {
            p.notice {
                (self::balance::when(&shown, at > now_us)) " " (parts::time(&rfc3339(at))) ". "
                a href=(parts::account_url(Root::BELOW, name.as_str())) { "Now" }
            }
        }
        div.tiles {
            @for (balance, limit) in shown.balances.iter().zip(&limits) { (self::balance::panel(balance, limit)) }
        }
        @if let (Some(currency), Some(drawn)) = (currency, &drawn) {
            (self::balance::then(&name, &query, drawn, at_us))
            (self::balance::chart(currency, drawn, at_us))
        }
        @if currencies.len() > 1 { (self::balance::choice(&name, &query, &currencies)) }
        (self::statement::table(&name, &query, &statement))
    };
    Ok(layout::page(
        &running,
        Root::BELOW,
        &format!("Account {name}"),
        Here::Accounts,
        &body,
    ))
}

/// The URL of an account's page with these query parameters.
fn url(name: &AccountId, query: &Query) -> String {
    let fields = [
        ("at", &*query.at),
        ("currency", &query.currency),
        ("before", &query.before),
        ("limit", &query.limit),
    ];
    parts::url(Root::BELOW, &parts::account_path(name.as_str()), &fields)
}

fn rows(text: &str) -> Result<i64, Problem> {
    limit(Some(text).filter(|text| !text.is_empty()), ROWS)
}

/// The query for the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Search {
    /// The prefix of the names.
    q: String,
    after: String,
    limit: String,
}

async fn list(State(running): Ledger, FormParams(query): FormParams<Search>) -> Result<Markup, Problem> {
    let prefix = query.q.trim();
    let (mut dbs, lag) = reading::all(&running).await?;
    let Accounts { pages, next } =
        books::accounts::list(&mut dbs, prefix, &query.after, rows(&query.limit)?).await?;
    drop(dbs);
    let body = html! {
        h1 { "Accounts" }
        form.find action="./accounts" role="search" {
            label { span { "Name or prefix" } input #search type="search" name="q" value=(query.q) spellcheck="false" autocapitalize="off"; }
            button.primary { "Find" }
        }
        (reading::notice(lag))
        @if pages.is_empty() {
            p.muted { @if prefix.is_empty() { "No account has been opened yet: " code { "wallet open alice --currency USD" } } @else { "No account name begins with " (prefix) "." } }
        }
        table.cards {
            caption.visually-hidden { "Accounts by name" }
            thead { tr {
                th scope="col" { "account" } th scope="col" { "status" } th.num scope="col" { "available" }
                th.num scope="col" { "held" } th.num scope="col" { "in transit" } th.num scope="col" { "overdraft" }
            } }
            tbody {
                @for page in &pages { @for (at, balance) in page.balances.iter().enumerate() {
                    tr data-row[at == 0] data-id=(page.account) {
                        td data-label="account" { a.long.open[at == 0] href=(parts::account_url(Root::TOP, &page.account)) { (page.account) } }
                        td data-label="status" { (page.status) }
                        td.num data-label="available" { span { (parts::money(&balance.available, &balance.currency)) } }
                        td.num data-label="held" { (parts::grouped(&balance.held)) }
                        td.num data-label="in transit" { (balance.in_transit.as_deref().map(parts::grouped).unwrap_or_default()) }
                        td.num data-label="overdraft" { (balance.overdraft.as_deref().map(parts::grouped).unwrap_or_default()) }
                    }
                } }
            }
        }
        nav.pages aria-label="Pages" {
            span {}
            @if let Some(next) = next {
                a.button rel="next" href=(parts::url(Root::TOP, "/accounts", &[("q", prefix), ("after", &next), ("limit", &query.limit)])) { "More →" }
            }
        }
    };
    Ok(layout::page(
        &running,
        Root::TOP,
        "Accounts",
        Here::Accounts,
        &body,
    ))
}
