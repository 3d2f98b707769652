//! `wallet-compare`: what could be chosen instead of the wallet, run side by side with it.
//!
//! | module | does |
//! |---|---|
//! | [`system`] | what each system can do: open accounts, pay, be read, be killed |
//! | [`systems`] | one file for each, as somebody would write it who knows it well |
//! | [`servers`] | PostgreSQL and Redis servers of their own, on 127.0.0.1 and in temporary folders |
//! | [`kind`] | the systems by name |
//! | [`stop`], `paying` | where a process that pays stands still, to be killed there |
//! | [`speed`] | payments a second, and what each costs |
//! | [`accidents`] | what becomes of the money, who waits, what has to be done |
//! | [`usage`] | processor time, bytes written and context switches, from `/proc` |
//! | [`chart`] | the drawings |

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
use wallet_terminal::exit::{Exit, Usage};
use wallet_terminal::output::{self, Unwritten};
use wallet_terminal::signals::Signals;

use crate::args::{Cli, Command, Pay};
use crate::program::Programs;
use crate::stop::Stop;
use crate::system::Payment;

/// Reads the command line, does what it says, and tells how it went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            // Help is an answer; who does not read it is not told that.
            let _ = told.print();
            return if told.use_stderr() { Exit::Usage } else { Exit::Ok }.into();
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

/// Does what the command line says.
pub async fn run(cli: &Cli) -> Result<Exit> {
    let programs = Programs::new(cli.common.programs.clone())?;
    match &cli.command {
        Command::Speed(args) => speed::run(args, &cli.common, &programs, &mut Signals::new()?).await,
        Command::Accidents(args) => accidents::run(args, &cli.common, &programs, &mut Signals::new()?).await,
        Command::Pay(args) => pay(args, &programs).await,
    }
}

/// Makes a payment that is not to end.
async fn pay(args: &Pay, programs: &Programs) -> Result<Exit> {
    let way: Vec<String> =
        serde_json::from_str(&args.way).map_err(|error| Usage::new(format!("--way: {error}")))?;
    let system = args.system.attach(programs, &way).await?;
    let payment = Payment {
        id: args.id,
        payer: args.payer,
        payee: args.payee,
        cents: args.cents,
    };
    let paid = system.pay(&payment, &Stop::at_point(&args.point)).await?;
    bail!("it ended ({paid:?}) and never came to {:?}", args.point)
}

/// Tells an error: to people on stderr, to programs on stdout too.
fn failed(error: &anyhow::Error, json: bool) -> Exit {
    if matches!(error.downcast_ref(), Some(Unwritten::Unread)) {
        return Exit::Unread;
    }
    let exit = Exit::of(error);
    output::talk(&format!("error: {error:#}\n"));
    if json {
        // Who reads this may be gone; the exit code remains.
        let _ = output::json(&json!({ "error": format!("{error:#}"), "exit": exit.code() }));
    }
    exit
}
