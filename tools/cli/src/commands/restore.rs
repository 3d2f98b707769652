//! `wallet restore`: gives a NATS server the streams of a backup.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use wallet_backup::folder::{Folder, Manifest, Stream};
use wallet_client::connect::connect;
use wallet_contract::shard::Shards;
use wallet_stack::{Database, Options, Stack};
use wallet_terminal::exit::Exit;
use wallet_terminal::output;

use crate::args::{Common, Restore};

/// Runs `wallet restore`.
pub async fn run(args: &Restore, common: &Common) -> Result<Exit> {
    let folder = Folder::new(&args.folder);
    let restored = match &args.dir {
        Some(dir) => into(dir, &folder).await?,
        None => wallet_backup::restore::restore(&connect(&common.nats).await?, &folder).await?,
    };
    let messages: u64 = restored.streams.iter().map(Stream::last).sum();
    if common.json {
        output::json(
            &json!({ "made_at": restored.made_at, "streams": restored.streams.len(), "messages": messages }),
        )?;
    } else {
        let next = args.dir.as_ref().map_or_else(
            || "start the services".to_owned(),
            |dir| format!("wallet up --dir {}", dir.display()),
        );
        output::line(&format!(
            "restored {} streams with {messages} messages, as of {}. Next: {next}; the services rebuild their databases",
            restored.streams.len(),
            restored.made_at
        ))?;
    }
    Ok(Exit::Ok)
}

/// Restores into a new folder for `wallet up`, with a NATS server that runs only meanwhile.
async fn into(dir: &Path, folder: &Folder) -> Result<Manifest> {
    let shown = dir.display();
    if std::fs::read_dir(dir).is_ok_and(|mut files| files.next().is_some()) {
        bail!("--dir {shown} is not empty: restore into a new folder");
    }
    let shards = Shards::new(folder.manifest()?.shards)?;
    let options = Options::temporary(dir, shards, Database::lasting(None)?)?;
    let mut stack = Stack::prepare(options).await?;
    let restored = async {
        stack.start_nats().await?;
        wallet_backup::restore::restore(&connect(&stack.nats()).await?, folder).await
    };
    let restored = restored.await;
    let stopped = stack.stop().await.context("the NATS server can't be stopped");
    restored.and_then(|restored| stopped.map(|()| restored))
}
