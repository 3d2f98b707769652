//! `wallet-compare`: alternatives to the wallet, run side by side with it.
//!
//! | module | does |
//! |---|---|
//! | [`system`] | the operations of each system: open accounts, pay, be read, be killed |
//! | [`systems`] | one file for each, as an expert in it would write it |
//! | [`servers`] | PostgreSQL and Redis servers, on 127.0.0.1 and in temporary folders |
//! | [`kind`] | the systems by name |
//! | [`stop`], `paying` | the points at which a paying process halts, to be killed there |
//! | [`speed`] | payments per second, and the cost of each |
//! | [`accidents`] | what becomes of the money, who waits, what has to be done |
//! | [`usage`] | processor time, bytes written and context switches, from `/proc` |
//! | [`chart`] | the charts |

pub mod accidents;
pub mod args;
pub mod chart;
pub mod kind;
mod paying;
pub mod program;
pub mod servers;
pub mod speed;
pub mod stop;
pub mod system;
pub mod systems;
pub mod usage;

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser as _;
use serde_json::json;
use wallet_client::Sharing;
use wallet_contract::shard::Shards;
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, Unwritten};
use wallet_terminal::signals::Signals;

use crate::args::{Cli, Command, Pay};
use crate::program::{Programs, Setting};
use crate::stop::Stop;
use crate::system::Payment;

/// Parses the command line, runs the command, and reports errors.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // If the help can't be printed, an error can't be either.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok }.into();
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into(), cli.common.json).into(),
    };
    let ended = runtime.block_on(run(&cli));
    runtime.shutdown_background();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => failed(&error, cli.common.json).into(),
    }
}

/// Runs the command.
pub async fn run(cli: &Cli) -> Result<Exit> {
    let sharing = matches!(&cli.command, Command::Speed(args) if args.sharing);
    let setting = Setting {
        shards: Shards::new(cli.common.shards)?,
        sharing: if sharing { Sharing::Shard } else { Sharing::Nothing },
    };
    let programs = Programs::new(cli.common.programs.clone(), setting)?;
    match &cli.command {
        Command::Speed(args) => speed::run(args, &cli.common, &programs, &mut Signals::new()?).await,
        Command::Accidents(args) => accidents::run(args, &cli.common, &programs, &mut Signals::new()?).await,
        Command::Pay(args) => pay(args, &programs).await,
    }
}

/// Makes a payment that is to be interrupted.
async fn pay(args: &Pay, programs: &Programs) -> Result<Exit> {
    let way: Vec<String> =
        serde_json::from_str(&args.way).map_err(|error| Usage::new(format!("invalid --way: {error}")))?;
    let system = args.system.attach(programs, &way).await?;
    let payment = Payment {
        id: args.id,
        payer: args.payer,
        payee: args.payee,
        cents: args.cents,
    };
    let paid = system.pay(&payment, &Stop::at_point(&args.point)).await?;
    bail!(
        "the payment ended ({paid:?}) without reaching point {:?}",
        args.point
    )
}

/// Reports an error: to people on stderr, to programs on stdout too.
fn failed(error: &anyhow::Error, json: bool) -> Exit {
    if matches!(error.downcast_ref(), Some(Unwritten::Unread)) {
        return Exit::Unread;
    }
    let exit = Exit::of(error);
    output::talk(&format!("error: {error:#}\n"));
    if json {
        // stdout may be closed; the exit code remains.
        let _ = output::json(&json!({ "error": format!("{error:#}"), "exit": exit.code() }));
    }
    exit
}
