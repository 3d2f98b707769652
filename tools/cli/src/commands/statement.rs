//! `wallet statement`

use anyhow::{Result, bail};
use wallet_client::api::{Account, Line};
use wallet_contract::money::Currency;
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Paint, Side, Table, clean, time};
use wallet_view::statement::{Part, change};

use crate::args::{Common, Statement};

/// Shows an account's bookings, oldest first, as on paper.
pub async fn run(args: &Statement, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    let wanted = Some(args.limit).filter(|limit| *limit > 0);
    let mut statement = api.bookings(&args.account, args.currency, wanted).await?;
    if let (true, Some(currency)) = (statement.lines.is_empty(), args.currency) {
        is_open(&api.account(&args.account, None).await?, currency)?;
    }
    statement.lines.reverse();
    if common.json {
        output::json(&statement)?;
    } else {
        show(&statement.lines, statement.next.is_some(), args)?;
    }
    Ok(Exit::Ok)
}

/// Checks, for a currency without bookings, that the account has it at all.
fn is_open(account: &Account, currency: Currency) -> Result<()> {
    let code = currency.code();
    if account.balances.iter().any(|balance| balance.currency == code) {
        return Ok(());
    }
    let name = clean(&account.account);
    bail!("{name} has no {code} balance; `wallet balance {name}` shows its currencies")
}

fn nothing(args: &Statement) -> String {
    let code = args.currency.map(|currency| format!(" in {currency}"));
    format!("{} has no bookings{} yet", args.account, code.unwrap_or_default())
}

fn show(lines: &[Line], more: bool, args: &Statement) -> Result<()> {
    if lines.is_empty() {
        eprintln!("{}", nothing(args));
        return Ok(());
    }
    if more {
        eprintln!("only the newest {} bookings; --limit 0 shows all", lines.len());
    }
    let held = lines.iter().any(|line| change(&line.held).is_some());
    let mut columns = vec![
        ("time (UTC)", Side::Left),
        ("booking", Side::Left),
        ("with", Side::Left),
        (if held { "± available" } else { "amount" }, Side::Right),
        ("available", Side::Right),
    ];
    if held {
        columns.extend([("± held", Side::Right), ("held", Side::Right)]);
    }
    columns.extend([("", Side::Left), ("transfer", Side::Left), ("memo", Side::Left)]);
    let mut table = Table::new(&columns);
    for line in lines {
        let (at, transfer) = (time(line.time), line.transfer.to_string());
        // The changes in each column add up to the change of its balance.
        for part in line.drawn() {
            let [amount, of_held] =
                [&part.amount, &part.held].map(|amount| change(amount).unwrap_or_default());
            let mut row = vec![&*at, &part.kind, &line.counterparty, &amount, &part.balance];
            if held {
                row.extend([&*of_held, &*part.held_balance]);
            }
            let memo = memo(line, &part);
            row.extend([&*line.currency, &*transfer, &*memo]);
            table.row(row);
        }
    }
    Ok(output::line(&table.draw(Paint::for_stdout()))?)
}

/// The line's memo, and its links to other transfers.
fn memo(line: &Line, part: &Part) -> String {
    let links = line.links(part).into_iter();
    let links = links.map(|link| format!("{} {}", link.words(), link.transfer()));
    let parts: Vec<String> = line.memo.clone().into_iter().chain(links).collect();
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_currency_that_the_account_lacks_is_an_error() {
        let (usd, eur): (Currency, Currency) = ("USD".parse().unwrap(), "EUR".parse().unwrap());
        let account: Account = serde_json::from_value(json!({
            "account": "alice", "status": "open",
            "balances": [{ "currency": "USD", "available": "1.00", "held": "0.00" }],
        }))
        .unwrap();
        assert!(is_open(&account, usd).is_ok());
        assert_eq!(
            is_open(&account, eur).unwrap_err().to_string(),
            "alice has no EUR balance; `wallet balance alice` shows its currencies"
        );
        let args = |currency| Statement {
            account: "alice".parse().unwrap(),
            currency,
            limit: 0,
        };
        assert_eq!(nothing(&args(None)), "alice has no bookings yet");
        assert_eq!(nothing(&args(Some(usd))), "alice has no bookings in USD yet");
    }
}
