//! `wallet balance`

use anyhow::Result;
use wallet_client::api::{Account, AccountPage, Api};
use wallet_contract::id::AccountId;
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Paint, Side, Table, clean, exact, time};
use wallet_view::moment::Moment;

use crate::args::{Balance, Common};

/// Shows the balances of one account, or of all.
pub async fn run(args: &Balance, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    match &args.account {
        Some(account) => one(&api, account, args, common).await?,
        None => all(&api, common).await?,
    }
    Ok(Exit::Ok)
}

async fn one(api: &Api, account: &AccountId, args: &Balance, common: &Common) -> Result<()> {
    let at = args.at.map(Moment::last);
    let page = api.account(account, at).await?;
    if common.json {
        return Ok(output::json(&page)?);
    }
    let paint = Paint::for_stdout();
    let mut text = format!(
        "{}  {}\n\n",
        paint.strong(&clean(&page.account)),
        status_text(&page, at.is_some())
    );
    text.push_str(&balances(std::slice::from_ref(&page), at.is_none()).draw(paint));
    if let Some(as_of) = &page.as_of {
        let position = format!("shard {}, sequence {}", as_of.shard, as_of.sequence);
        let at = at.map_or_else(String::new, |at| format!("at {}, ", exact(at)));
        text.push_str(&paint.faint(&format!("\n{at}as of {} UTC ({position})", time(as_of.time))));
    }
    Ok(output::line(&text)?)
}

/// The account's status. For a past time it is only known whether the account had been opened.
fn status_text(page: &Account, then: bool) -> String {
    if page.balances.iter().all(|balance| balance.opened == Some(false)) {
        "not opened yet".to_owned()
    } else if then {
        format!("now {}", clean(&page.status))
    } else {
        clean(&page.status)
    }
}

async fn all(api: &Api, common: &Common) -> Result<()> {
    let accounts = api.all_accounts().await?;
    if common.json {
        let next = None;
        return Ok(output::json(&AccountPage { accounts, next })?);
    }
    if accounts.is_empty() {
        eprintln!("no account has been opened yet; open one with `wallet open alice --currency USD`");
        return Ok(());
    }
    let mut text = Table::new(&[
        ("account", Side::Left),
        ("status", Side::Left),
        ("currency", Side::Left),
        ("available", Side::Right),
        ("held", Side::Right),
        ("in transit", Side::Right),
        ("overdraft", Side::Right),
    ]);
    for account in &accounts {
        for balance in &account.balances {
            text.row([
                &*account.account,
                &account.status,
                &balance.currency,
                &balance.available,
                &balance.held,
                balance.in_transit.as_deref().unwrap_or_default(),
                balance.overdraft.as_deref().unwrap_or_default(),
            ]);
        }
    }
    Ok(output::line(&text.draw(Paint::for_stdout()))?)
}

fn balances(accounts: &[Account], now: bool) -> Table {
    let mut columns = vec![
        ("currency", Side::Left),
        ("available", Side::Right),
        ("held", Side::Right),
    ];
    if now {
        columns.extend([("in transit", Side::Right), ("overdraft", Side::Right)]);
    }
    let mut table = Table::new(&columns);
    for balance in accounts.iter().flat_map(|account| &account.balances) {
        let later = [&balance.in_transit, &balance.overdraft]
            .into_iter()
            .filter(|_| now);
        let later = later.map(|cell| cell.as_deref().unwrap_or_default());
        let always = match balance.opened {
            Some(false) => [&*balance.currency, "not opened yet", ""],
            Some(true) | None => [&*balance.currency, &balance.available, &balance.held],
        };
        table.row(always.into_iter().chain(later));
    }
    table
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// alice in two currencies, at a past time.
    fn then(opened: [bool; 2]) -> Account {
        let balance =
            |code, opened| json!({ "currency": code, "available": "0.00", "held": "0.00", "opened": opened });
        let balances = [balance("EUR", opened[0]), balance("USD", opened[1])];
        serde_json::from_value(json!({ "account": "alice", "status": "open", "balances": balances })).unwrap()
    }

    #[test]
    fn an_account_had_nothing_before_it_was_opened() {
        let check = |opened, status: &str, expected_rows: &[&str]| {
            let page = then(opened);
            assert_eq!(status_text(&page, true), status);
            let table = balances(std::slice::from_ref(&page), false).draw(Paint::Plain);
            let rows: Vec<String> = table
                .lines()
                .skip(1)
                .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect();
            assert_eq!(rows, expected_rows);
        };
        check(
            [false, false],
            "not opened yet",
            &["EUR not opened yet", "USD not opened yet"],
        );
        check(
            [true, false],
            "now open",
            &["EUR 0.00 0.00", "USD not opened yet"],
        );
    }
}
