//! `wallet parked`: shows parked messages, and has the services resolve them.
//!
//! An operator's instruction is a message in the shard's own log (`wallet.<shard>.park.<service>`). Its result is an event.

mod acting;
mod effect;
mod task;

use anyhow::{Context as _, Result};
use serde_json::json;
use wallet_client::api::{Api, Parked as Row, SeenTo};
use wallet_client::connect::connect;
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Paint, Side, Table, clean, time};

use crate::args::{Common, Parked, ParkedAction, ParkedId};
use crate::parked::original;

/// Runs `wallet parked`.
pub async fn run(args: &Parked, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    match &args.action {
        None => list(&api, args.all, common).await,
        Some(ParkedAction::Show { id }) => show(&api, *id, common).await,
        Some(action) => acting::act(&api, action, args.timeout, common).await,
    }
}

async fn list(api: &Api, all: bool, common: &Common) -> Result<Exit> {
    let rows = api.parked(all).await?;
    if common.json {
        output::json(&json!({ "parked": rows }))?;
    } else if rows.is_empty() {
        eprintln!("no message is parked");
    } else {
        output::line(&table(&rows, all).draw(Paint::for_stdout()))?;
    }
    Ok(Exit::Ok)
}

fn table(rows: &[Row], all: bool) -> Table {
    let mut columns = vec![
        ("id", Side::Left),
        ("parked (UTC)", Side::Left),
        ("subject", Side::Left),
        ("transfer", Side::Left),
        ("why", Side::Left),
    ];
    if all {
        columns.push(("resolution", Side::Left));
    }
    let mut table = Table::new(&columns);
    for row in rows {
        let transfer = row
            .transfer
            .map(|transfer| transfer.to_string())
            .unwrap_or_default();
        let mut cells = vec![
            row.id.clone(),
            time(row.time),
            clean(&row.subject),
            transfer,
            clean(&row.detail),
        ];
        if all {
            cells.push(row.resolved.as_ref().map(resolution).unwrap_or_default());
        }
        table.row(cells);
    }
    table
}

/// The resolution, in words.
fn resolution(resolved: &SeenTo) -> String {
    let SeenTo {
        outcome,
        reason,
        replacement,
        ..
    } = resolved;
    match (reason, replacement) {
        (Some(reason), _) => format!("{}: {}", clean(outcome), clean(reason)),
        (None, Some(by)) => format!("{} by message {by}", clean(outcome)),
        (None, None) => clean(outcome),
    }
}

fn find(rows: &[Row], id: ParkedId) -> Result<&Row> {
    let row = rows.iter().find(|row| row.id == id.to_string());
    row.with_context(|| format!("{id} was never parked; `wallet parked --all` lists all that were"))
}

async fn show(api: &Api, id: ParkedId, common: &Common) -> Result<Exit> {
    let rows = api.parked(true).await?;
    let row = find(&rows, id)?;
    let connection = connect(&common.nats).await?;
    let text = original(&connection, id).await?.text;
    if common.json {
        output::json(&json!({ "parked": row, "body": text }))?;
    } else {
        output::line(&table(std::slice::from_ref(row), true).draw(Paint::for_stdout()))?;
        output::line(&format!("\n{}", clean(&text)))?;
    }
    Ok(Exit::Ok)
}
