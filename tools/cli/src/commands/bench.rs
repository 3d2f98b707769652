//! `wallet bench`: a separate stack, load, figures, and an audit of the result.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use wallet_contract::shard::Shards;
use wallet_contract::subject::Service;
use wallet_load::bench::{Mode, measure};
use wallet_stack::{Database, Options, Stack};
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::signals::Signals;
use wallet_terminal::{eprintln, output};

use crate::args::{Bench, Common};

/// Runs `wallet bench`.
pub async fn run(args: &Bench, common: &Common) -> Result<Exit> {
    if args.load().mode == Mode::Reserve && (args.rate.is_some() || args.callers.is_some()) {
        return Err(Usage::new(
            "--rate and --callers measure plain transfers only: leave out --mode reserve",
        )
        .into());
    }
    let (dir, _removed_at_the_end) = folder(args)?;
    let database = Database::temporary(args.database.as_deref()).await?;
    let options = Options::temporary(&dir, Shards::new(args.shards)?, database)?;
    let figures = wallet_stack::with(options, async |stack| {
        let figures = measure(stack, &args.load()).await?;
        if common.json {
            output::json(&figures)?;
        } else {
            output::line(&figures.text())?;
        }
        if args.rebuild {
            rebuild(stack, common).await?;
        }
        if args.keep {
            keep(stack).await?;
        }
        Ok(figures)
    });
    let figures = figures.await?;
    Ok(if figures.is_conserved() {
        Exit::Ok
    } else {
        Exit::Failed
    })
}

/// Rebuilds every service's databases.
async fn rebuild(stack: &Stack, common: &Common) -> Result<()> {
    for service in Service::ALL {
        let done = stack.options().program(service)?.arg("rebuild").output().await;
        let done = done.with_context(|| format!("{service} can't be started"))?;
        let (text, errors) = (
            String::from_utf8_lossy(&done.stdout).into_owned(),
            String::from_utf8_lossy(&done.stderr).into_owned(),
        );
        ensure!(done.status.success(), "{service} rebuild: {text}{errors}");
        if common.json {
            let lines: Vec<&str> = text.lines().collect();
            output::json(&json!({ "service": service.name(), "rebuilt": lines }))?;
        } else {
            output::line(text.trim_end())?;
        }
    }
    Ok(())
}

/// Tells where the stack is, and leaves it running.
async fn keep(stack: &mut Stack) -> Result<()> {
    let (nats, api) = (stack.nats_url(), stack.api_url());
    eprintln!(
        "The stack stays up until Ctrl-C.\n  viewer  {api}/\n  export WALLET_NATS_URL={nats} WALLET_API_URL={api}"
    );
    let mut signals = Signals::new()?;
    tokio::select! {
        error = stack.watch() => Err(error),
        _ = signals.next() => Ok(()),
    }
}

/// The folder of the stack: a temporary one, or the given one.
fn folder(args: &Bench) -> Result<(PathBuf, Option<TempDir>)> {
    let Some(dir) = &args.dir else {
        let dir = tempfile::Builder::new().prefix("wallet-bench-").tempdir()?;
        return Ok((dir.path().to_owned(), Some(dir)));
    };
    let is_filled = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if is_filled {
        let dir = dir.display();
        return Err(Usage::new(format!(
            "--dir {dir} is not empty, and its content would be measured too: use an empty or a new folder"
        ))
        .into());
    }
    Ok((dir.clone(), None))
}
