//! `wallet up`: a local stack, until Ctrl-C.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;
use wallet_contract::shard::Shards;

use crate::args::{Common, DEFAULT_API, DEFAULT_NATS, Up};
use crate::exit::Exit;
use crate::output;
use crate::stack::signals::Signals;
use crate::stack::{Addresses, Database, Options, Stack};

/// Where a stack lives unless told otherwise.
const DEFAULT_DIR: &str = "data";

/// Runs `wallet up`.
pub async fn run(args: &Up, common: &Common) -> Result<Exit> {
    let dir = args.dir.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_DIR));
    let options = Options {
        dir: std::path::absolute(&dir).with_context(|| format!("folder {}", dir.display()))?,
        shards: Shards::new(args.shards)?,
        database: Database::lasting(args.database.as_deref())?,
        addresses: Addresses::usual(args.http)?,
        nats_url: common.nats.clone(),
        ways: std::collections::BTreeMap::new(),
        stuck_after: None,
        ledger: std::collections::BTreeMap::new(),
        http_token: std::env::var("WALLET_HTTP_TOKEN").ok(),
        programs: None,
    };
    eprintln!(
        "Starting a wallet of {} shards in {} …",
        args.shards,
        options.dir.display()
    );
    let mut signals = Signals::new()?;
    let mut stack = Stack::prepare(options).await?;
    let done = tokio::select! {
        error = serve(&mut stack, common) => Err(error),
        name = signals.next() => {
            eprintln!("\n{name}: stopping …");
            Ok(())
        }
    };
    let stopped = stack
        .stop()
        .await
        .context("not everything could be stopped in order");
    if done.is_ok() && stopped.is_ok() {
        eprintln!("Stopped. Everything is in {}.", dir.display());
    }
    done.and(stopped)?;
    Ok(Exit::Ok)
}

/// Brings the stack up, tells where it is, and comes back only with what went wrong.
async fn serve(stack: &mut Stack, common: &Common) -> anyhow::Error {
    let told = match stack.start_all().await {
        Ok(()) => tell(stack, common),
        Err(error) => return error,
    };
    match told {
        Ok(()) => stack
            .watch()
            .await
            .context("the stack is stopped, since it is not whole any more"),
        Err(error) => error,
    }
}

fn tell(stack: &Stack, common: &Common) -> Result<()> {
    let (nats, api, dir, logs) = (
        shown(&stack.nats_url()),
        stack.api_url(),
        stack.dir(),
        stack.logs(),
    );
    if common.json {
        let monitor = stack.monitor_url();
        let database = stack.options().database.kind();
        let told = json!({ "nats": nats, "api": api, "monitor": monitor, "dir": dir, "logs": logs, "database": database });
        output::json(&told)?;
    } else {
        let database = if stack.options().database.is_in_folder() {
            ""
        } else {
            ", databases on the PostgreSQL server"
        };
        output::line(&format!(
            "The wallet is up.\n\n  NATS        {nats}\n  viewer      {api}\n  data        {}{database}\n  logs        {}",
            dir.display(),
            logs.display()
        ))?;
        let (nats, monitor) = (stack.nats_url(), stack.monitor_url());
        output::line(&commands(&typed(&nats), &api, monitor.as_deref()))?;
    }
    let own_nats = stack.nats_pid().is_some();
    eprintln!(
        "Ctrl-C stops {}.",
        if own_nats { "everything" } else { "the services" }
    );
    Ok(())
}

/// What to try, as it must be typed to reach this stack.
fn commands(nats: &str, api: &str, monitor: Option<&str>) -> String {
    let mut options = String::new();
    if nats != DEFAULT_NATS {
        options = format!("{options} --nats {nats}");
    }
    if api != DEFAULT_API {
        options = format!("{options} --api {api}");
    }
    let program = std::env::args_os().next();
    let program = program.as_deref().map_or("wallet".to_owned(), |program| {
        Path::new(program).display().to_string()
    });
    let doctor = monitor.map_or("doctor".to_owned(), |monitor| {
        format!("doctor --monitor {monitor}")
    });
    let lines = [
        "open alice --currency USD",
        "open bob --currency USD",
        "deposit alice 100.00 USD",
        "transfer --from alice --to bob --amount 12.50 --currency USD",
        &doctor,
    ];
    let lines = lines.map(|line| format!("  {program} {line}{options}"));
    format!("\nIn another terminal, for example:\n\n{}\n", lines.join("\n"))
}

/// A URL as it must be typed; who reads our output need not see the password.
fn typed(url: &str) -> String {
    let shown = shown(url);
    if shown == url {
        return shown;
    }
    shown.replacen("://", "://USER:PASSWORD@", 1)
}

/// A URL without user and password.
fn shown(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) => format!("{}{}", &url[..scheme + 3], &url[at + 1..]),
        (Some(_) | None, _) => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_and_password() {
        assert_eq!(shown("nats://me:secret@host:4222"), "nats://host:4222");
        assert_eq!(shown("nats://host:4222"), "nats://host:4222");
        assert_eq!(
            typed("nats://me:secret@host:4222"),
            "nats://USER:PASSWORD@host:4222"
        );
        assert_eq!(typed("nats://host:4222"), "nats://host:4222");
    }
}
