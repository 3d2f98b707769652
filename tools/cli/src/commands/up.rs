//! `wallet up`: a local stack, until Ctrl-C.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;
use wallet_client::connect::{connect, route};
use wallet_contract::shard::Shards;
use wallet_nats::DEFAULT_URL;
use wallet_stack::folder::Folder;
use wallet_stack::{Addresses, Database, Options, Stack};
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output;
use wallet_terminal::signals::Signals;

use crate::args::{Common, DEFAULT_API, Up};

/// The default folder of a stack.
const DEFAULT_DIR: &str = "data";
/// The default number of shards of a new wallet. On one machine more shards only make smaller batches: with 64 callers 2, 4 and 8 shards
/// make 0.6, 0.4 and 0.2 times as many payments as one (`wallet-compare speed --shards N --callers 64`).
const DEFAULT_SHARDS: u16 = 1;

/// Runs `wallet up`.
pub async fn run(args: &Up, common: &Common) -> Result<Exit> {
    let mut signals = Signals::new()?;
    let prepared = async {
        let defaults = Given::default();
        let given = Given {
            dir: args.dir.clone().unwrap_or(defaults.dir),
            shards: args.shards,
            database: args.database.clone(),
            http: args.http,
        };
        let options = options(&given, common).await?;
        eprintln!(
            "Starting a wallet of {} shards in {} …",
            options.shards.count(),
            options.dir.display()
        );
        Stack::prepare(options).await
    };
    let mut stack = tokio::select! {
        prepared = prepared => prepared?,
        name = signals.next() => {
            eprintln!("\n{name}: nothing was started yet.");
            return Ok(Exit::Ok);
        }
    };
    let done = tokio::select! {
        error = serve(&mut stack, common) => Err(error),
        name = signals.next() => {
            eprintln!("\n{name}: stopping …");
            Ok(())
        }
    };
    let dir = stack.dir().display().to_string();
    let stopped = stack
        .stop()
        .await
        .context("not everything could be stopped cleanly");
    if done.is_ok() && stopped.is_ok() {
        eprintln!("Stopped. All data is in {dir}.");
    }
    done.and(stopped)?;
    Ok(Exit::Ok)
}

/// What the command line says of a stack.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) dir: PathBuf,
    pub(super) shards: Option<u16>,
    pub(super) database: Option<String>,
    pub(super) http: SocketAddr,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            dir: PathBuf::from(DEFAULT_DIR),
            shards: None,
            database: None,
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
        }
    }
}

/// The options of the stack: as recorded in the folder, otherwise as given on the command line.
pub(super) async fn options(given: &Given, common: &Common) -> Result<Options> {
    let dir =
        std::path::absolute(&given.dir).with_context(|| format!("invalid folder {}", given.dir.display()))?;
    let folder = Folder::read(&dir)?;
    let nats = folder.nats(&common.nats)?;
    let database = folder.database(given.database.as_deref())?;
    let elsewhere = match &nats {
        Some(nats) => connect(nats).await?.recorded_shards().await?.map(Shards::count),
        None => None,
    };
    let shards = folder.shards(given.shards, elsewhere)?.unwrap_or(DEFAULT_SHARDS);
    Ok(Options {
        dir,
        shards: Shards::new(shards)?,
        database: Database::lasting(database.as_deref())?,
        addresses: Addresses::standard(given.http)?,
        nats,
        nats_urls: BTreeMap::new(),
        stuck_after: None,
        settings: BTreeMap::new(),
        replicas: None,
        http_token: std::env::var("WALLET_HTTP_TOKEN").ok(),
        programs: None,
    })
}

/// Starts the stack and tells its addresses; returns only on failure.
async fn serve(stack: &mut Stack, common: &Common) -> anyhow::Error {
    let up = async {
        stack.start_all().await?;
        let Options {
            dir,
            shards,
            database,
            nats,
            ..
        } = stack.options();
        Folder::write(dir, shards.count(), database.server_url(), nats.as_ref())?;
        announce(stack, common)
    };
    match up.await {
        Ok(()) => stack
            .watch()
            .await
            .context("a part of the stack has ended, so the rest was stopped"),
        Err(error) => error,
    }
}

fn announce(stack: &Stack, common: &Common) -> Result<()> {
    let route = route(&stack.nats())?;
    let (nats, api, dir, logs) = (route.url(), stack.api_url(), stack.dir(), stack.logs());
    if common.json {
        let monitor = stack.monitor_url();
        let database = stack.options().database.kind();
        let addresses = json!({ "nats": nats, "api": api, "monitor": monitor, "dir": dir, "logs": logs, "database": database });
        output::json(&addresses)?;
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
        let nats = (nats != DEFAULT_URL).then(|| route.typed(&stack.nats()));
        output::line(&commands(nats.as_deref(), &api, stack.monitor_url().as_deref()))?;
    }
    let own_nats = stack.nats_pid().is_some();
    eprintln!(
        "Ctrl-C stops {}.",
        if own_nats { "everything" } else { "the services" }
    );
    Ok(())
}

/// Example commands, as they must be typed to reach this stack.
fn commands(nats: Option<&str>, api: &str, monitor: Option<&str>) -> String {
    let mut options = nats.map_or(String::new(), |nats| format!(" {nats}"));
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
