//! `wallet statement`

use anyhow::Result;
use wallet_view::statement::{Part, change};

use crate::api::Line;
use crate::args::{Common, Statement};
use crate::exit::Exit;
use crate::output::{self, Paint, Side, Table, time};

/// Shows an account's bookings, oldest first, as on paper.
pub async fn run(args: &Statement, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    let wanted = Some(args.limit).filter(|limit| *limit > 0);
    let mut statement = api.bookings(&args.account, args.currency, wanted).await?;
    statement.lines.reverse();
    if common.json {
        output::json(&statement)?;
    } else {
        show(&statement.lines, statement.next.is_some(), args)?;
    }
    Ok(Exit::Ok)
}

fn show(lines: &[Line], more: bool, args: &Statement) -> Result<()> {
    if lines.is_empty() {
        eprintln!("nothing has been booked on {} yet", args.account);
        return Ok(());
    }
    if more {
        eprintln!("the newest {} bookings; --limit 0 shows all", lines.len());
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
        // Each column of changes adds up to the change of the balance beside it.
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

/// The line's text, and the transfers that it is linked with.
fn memo(line: &Line, part: &Part) -> String {
    let links = line.links(part).into_iter();
    let links = links.map(|link| format!("{} {}", link.words(), link.transfer()));
    let parts: Vec<String> = line.memo.clone().into_iter().chain(links).collect();
    parts.join("; ")
}
