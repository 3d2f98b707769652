//! `wallet parked`: shows what the services have set aside, and has them see to it.
//!
//! An operator's word is a message in the shard's own log (`wallet.<shard>.park.<service>`). What became of it is an event.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use tokio::time::{Instant, sleep};
use wallet_contract::parking::Action;

use crate::api::{Api, Parked as Row, SeenTo};
use crate::args::{Common, Parked, ParkedAction, ParkedId};
use crate::connect::{Connection, connect};
use crate::exit::{Exit, Usage};
use crate::output::{self, Paint, Side, Table, clean, time};
use crate::parked::{Original, instruct, original};

/// How long a service may take to follow an instruction.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(10);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(100);

/// Runs `wallet parked`.
pub async fn run(args: &Parked, common: &Common) -> Result<Exit> {
    let api = common.ledger()?;
    match &args.action {
        None => list(&api, args.all, common).await,
        Some(ParkedAction::Show { id }) => show(&api, *id, common).await,
        Some(action) => act(&api, action, common).await,
    }
}

async fn list(api: &Api, all: bool, common: &Common) -> Result<Exit> {
    let rows = api.parked(all).await?;
    if common.json {
        output::json(&json!({ "parked": rows }))?;
    } else if rows.is_empty() {
        eprintln!("nothing is set aside");
    } else {
        output::line(&table(&rows, all).draw(Paint::for_stdout()))?;
    }
    Ok(Exit::Ok)
}

fn table(rows: &[Row], all: bool) -> Table {
    let mut columns = vec![
        ("id", Side::Left),
        ("set aside (UTC)", Side::Left),
        ("subject", Side::Left),
        ("transfer", Side::Left),
        ("why", Side::Left),
    ];
    if all {
        columns.push(("what became of it", Side::Left));
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
            cells.push(row.resolved.as_ref().map(told).unwrap_or_default());
        }
        table.row(cells);
    }
    table
}

/// What became of it, in words.
fn told(seen_to: &SeenTo) -> String {
    let SeenTo {
        outcome,
        reason,
        replacement,
        ..
    } = seen_to;
    match (reason, replacement) {
        (Some(reason), _) => format!("{}: {}", clean(outcome), clean(reason)),
        (None, Some(by)) => format!("{} by message {by}", clean(outcome)),
        (None, None) => clean(outcome),
    }
}

async fn find(api: &Api, id: ParkedId) -> Result<Row> {
    let rows = api.parked(true).await?;
    let row = rows.into_iter().find(|row| row.id == id.to_string());
    row.with_context(|| Usage::new(format!("{id} was never set aside: `wallet parked` lists what is")))
}

async fn show(api: &Api, id: ParkedId, common: &Common) -> Result<Exit> {
    let row = find(api, id).await?;
    let connection = connect(&common.nats).await?;
    let text = original(&connection, id).await?.text();
    if common.json {
        output::json(&json!({ "parked": row, "body": text }))?;
    } else {
        output::line(&table(std::slice::from_ref(&row), true).draw(Paint::for_stdout()))?;
        output::line(&format!("\n{}", clean(&text)))?;
    }
    Ok(Exit::Ok)
}

async fn act(api: &Api, action: &ParkedAction, common: &Common) -> Result<Exit> {
    let connection = connect(&common.nats).await?;
    let mut asked = Vec::new();
    match action {
        ParkedAction::Show { .. } => {}
        ParkedAction::Retry { id: Some(id), .. } => {
            let row = unseen(api, *id).await?;
            retry(&connection, &row, *id).await?;
            asked.push(*id);
        }
        ParkedAction::Retry { id: None, .. } => asked = retry_all(api, &connection).await?,
        ParkedAction::Edit { id, body } => {
            let row = unseen(api, *id).await?;
            edit(&connection, &row, *id, body).await?;
            asked.push(*id);
        }
        ParkedAction::Discard { id, reason } => {
            unseen(api, *id).await?;
            if reason.trim().is_empty() {
                bail!(Usage::new("--reason is empty: say why, it is recorded"));
            }
            instruct(&connection, *id, Action::Discard(reason.clone())).await?;
            asked.push(*id);
        }
    }
    if asked.is_empty() {
        eprintln!("nothing is set aside that could be tried again");
        return Ok(Exit::Ok);
    }
    report(api, &asked, common).await
}

async fn unseen(api: &Api, id: ParkedId) -> Result<Row> {
    let row = find(api, id).await?;
    match &row.resolved {
        Some(seen_to) => bail!(
            "{id} was seen to already, on {}: {}",
            time(seen_to.time),
            told(seen_to)
        ),
        None => Ok(row),
    }
}

/// What is of a transfer its service hears again. A request that nobody could read nobody has heard: it is published again.
async fn retry(connection: &Connection, row: &Row, id: ParkedId) -> Result<()> {
    if row.transfer.is_some() {
        instruct(connection, id, Action::Retry).await?;
        return Ok(());
    }
    let original = original(connection, id).await?;
    again(connection, &original, id, original.text()).await
}

async fn edit(connection: &Connection, row: &Row, id: ParkedId, body: &str) -> Result<()> {
    if row.transfer.is_some() {
        bail!(
            "{id} is of transfer {}: what was said is never changed. Retry it with a service that knows it, or discard it",
            row.transfer.unwrap_or_default()
        );
    }
    again(connection, &original(connection, id).await?, id, body.to_owned()).await
}

/// Publishes a request, and lets go of the one that it stands for.
async fn again(connection: &Connection, original: &Original, id: ParkedId, body: String) -> Result<()> {
    if !original.is_request() {
        bail!(
            "{id} is no request ({}): nobody else may say it. Discard it, with a reason",
            clean(&original.subject)
        );
    }
    if let Err(error) = original.check(&body, id.shard) {
        bail!(
            "{id} would be set aside again: {error}. `wallet parked edit {id} --body JSON` publishes it mended"
        );
    }
    let stored = original.publish(connection, body).await?;
    instruct(connection, id, Action::Replace(stored)).await?;
    Ok(())
}

async fn retry_all(api: &Api, connection: &Connection) -> Result<Vec<ParkedId>> {
    let mut asked = Vec::new();
    let mut rows = api.parked(false).await?;
    rows.reverse();
    for row in rows {
        let id: ParkedId = row.id.parse().map_err(anyhow::Error::msg)?;
        match retry(connection, &row, id).await {
            Ok(()) => asked.push(id),
            Err(error) => eprintln!("left as it is: {error:#}"),
        }
    }
    Ok(asked)
}

/// Waits until the services have followed, and says what became of each.
async fn report(api: &Api, asked: &[ParkedId], common: &Common) -> Result<Exit> {
    let deadline = Instant::now() + FOLLOWED_WITHIN;
    loop {
        let rows = api.parked(true).await?;
        let asked = asked.iter().map(ToString::to_string);
        let rows: Vec<&Row> = asked
            .filter_map(|id| rows.iter().find(|row| row.id == id))
            .collect();
        let done = rows.iter().all(|row| row.resolved.is_some());
        if !done && Instant::now() < deadline {
            sleep(LOOK).await;
            continue;
        }
        if common.json {
            output::json(&json!({ "parked": rows }))?;
        } else {
            for row in &rows {
                let became = row.resolved.as_ref().map(told);
                let still = || format!("still set aside: {}", clean(&row.detail));
                output::line(&format!("{}  {}", row.id, became.unwrap_or_else(still)))?;
            }
        }
        if !done {
            eprintln!(
                "What is still set aside can't be read by its service yet, or that does not run: `wallet doctor`."
            );
        }
        return Ok(if done { Exit::Ok } else { Exit::Failed });
    }
}

impl Original {
    /// Whether a text would be read now, where this stands.
    fn check(&self, body: &str, shard: wallet_contract::shard::Shard) -> Result<(), String> {
        match self.read(body, shard) {
            Some(detail) => Err(detail),
            None => Ok(()),
        }
    }
}
