//! `wallet rebuild`: has a service's own program rebuild its databases from the log.

use anyhow::{Context as _, Result};
use wallet_contract::subject::Service;
use wallet_stack::folder::Folder;
use wallet_terminal::exit::{Exit, Usage};

use super::up::{self, Given};
use crate::args::{Common, Rebuild};

/// Runs `wallet rebuild`.
pub async fn run(args: &Rebuild, common: &Common) -> Result<Exit> {
    let service = Service::ALL
        .into_iter()
        .find(|service| service.token() == args.service)
        .context("debit, credit or ledger")?;
    let defaults = Given::default();
    let given = Given {
        dir: args.dir.clone().unwrap_or_else(|| defaults.dir.clone()),
        ..defaults
    };
    if Folder::read(&given.dir)?.shards(None, None)?.is_none() {
        let dir = given.dir.display();
        return Err(Usage::new(format!(
            "there is no wallet in {dir}: give the --dir of its `wallet up`. Elsewhere, run `{service} rebuild` with the settings of \
             the service"
        ))
        .into());
    }
    let options = up::options(&given, common).await?;
    let mut program = options.program(service)?;
    program.arg("rebuild");
    if let Some(shard) = args.shard {
        program.arg("--shard").arg(shard.to_string());
    }
    if let Some(into) = &args.into {
        program.arg("--into").arg(&into.0);
    }
    for (flag, is_set) in [("--swap", args.swap), ("--keep", args.keep)] {
        if is_set {
            program.arg(flag);
        }
    }
    let status = program.status().await;
    let status = status.with_context(|| format!("{service} can't be started"))?;
    Ok(if status.success() { Exit::Ok } else { Exit::Failed })
}
