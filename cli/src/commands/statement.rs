//! `wallet statement`

use anyhow::Result;

use crate::api::{Api, Line, MAX_ROWS};
use crate::args::{Common, Statement};
use crate::exit::Exit;
use crate::output::{self, Paint, Side, Table, time};

/// Shows an account's bookings, oldest first, as on paper.
pub async fn run(args: &Statement, common: &Common) -> Result<Exit> {
    let api = Api::new(&common.api)?;
    let wanted = if args.limit == 0 {
        usize::MAX
    } else {
        args.limit as usize
    };
    let mut lines: Vec<Line> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let rows = u32::try_from(wanted - lines.len())
            .unwrap_or(MAX_ROWS)
            .min(MAX_ROWS);
        let page = api
            .statement(&args.account, args.currency, rows, next.as_deref())
            .await?;
        lines.extend(page.lines);
        next = page.next;
        if next.is_none() || lines.len() >= wanted {
            break;
        }
    }
    lines.reverse();
    if common.json {
        let account = args.account.as_str().to_owned();
        output::json(&crate::api::Statement { account, lines, next })?;
    } else {
        show(&lines, next.is_some(), args)?;
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
    let mut table = Table::new(&[
        ("time (UTC)", Side::Left),
        ("booking", Side::Left),
        ("with", Side::Left),
        ("amount", Side::Right),
        ("balance", Side::Right),
        ("", Side::Left),
        ("transfer", Side::Left),
        ("memo", Side::Left),
    ]);
    for line in lines {
        table.row([
            &*time(line.time),
            &line.kind,
            &line.counterparty,
            &line.amount,
            &line.balance,
            &line.currency,
            &line.transfer.to_string(),
            line.memo.as_deref().unwrap_or_default(),
        ]);
    }
    Ok(output::line(&table.draw(Paint::for_stdout()))?)
}
