//! `wallet`, the tool for people: it asks for money to be moved, shows what happened, starts stacks and checks them.
//!
//! It is a client like any other: it publishes requests to NATS, waits for outcomes there, and reads the ledger over
//! HTTP. It never touches a service's database.
//!
//! | module | does |
//! |---|---|
//! | [`args`], [`help`] | the command line |
//! | [`connect`] | the way to NATS; [`connect::Connection::request`] puts a request into the log |
//! | [`request`] | requests, checked with the contract before they are sent |
//! | [`outcome`] | waits for how a request ended |
//! | [`api`] | questions to the ledger |
//! | [`draw`] | a flow as text |
//! | [`mod@file`] | a whole file of transfers |
//! | [`stack`], [`verify`] | a stack of one's own; the invariants |
//! | [`parked`] | what was set aside, and what an operator says of it |
//! | [`heal`] | puts back what a broker has lost |

pub mod api;
pub mod args;
pub mod clock;
pub mod commands;
pub mod connect;
pub mod draw;
pub mod exit;
pub mod file;
pub mod heal;
pub mod help;
pub mod outcome;
pub mod output;
pub mod parked;
pub mod request;
pub mod stack;
pub mod verify;

use std::io;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory, Parser};
use serde_json::json;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Usage};

/// Reads the command line, does what it says, and tells how it went.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.common.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into(), json).into(),
    };
    let ended = runtime.block_on(run(&cli));
    // What still blocks one of its threads, such as fetching a program, is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => failed(&error, json).into(),
    }
}

/// Does what the command line says.
pub async fn run(cli: &Cli) -> Result<Exit> {
    use commands::{
        balance, bench, demo, doctor, heal, movement, open, parked, phases, reservation, reverse, standing,
        statement, trace, transfer, transfers, up, verify, watch,
    };
    use wallet_contract::subject::Verb;

    let common = &cli.common;
    match &cli.command {
        Command::Up(args) => up::run(args, common).await,
        Command::Demo(args) => demo::run(args, common).await,
        Command::Open(args) => open::run(args, common).await,
        Command::Deposit(args) => movement::deposit(args, common).await,
        Command::Withdraw(args) => movement::withdraw(args, common).await,
        Command::Transfer(args) => transfer::run(args, common).await,
        Command::Reserve(args) => reservation::reserve(args, common).await,
        Command::Confirm(args) => reservation::confirm(args, common).await,
        Command::Cancel(args) => reservation::cancel(args, common).await,
        Command::Reverse(args) => reverse::run(args, common).await,
        Command::Phases(args) => phases::run(args, common).await,
        Command::Freeze(args) => standing::run(Verb::Freeze, args, common).await,
        Command::Unfreeze(args) => standing::run(Verb::Unfreeze, args, common).await,
        Command::Close(args) => standing::run(Verb::Close, args, common).await,
        Command::Balance(args) => balance::run(args, common).await,
        Command::Statement(args) => statement::run(args, common).await,
        Command::Transfers(args) => transfers::run(args, common).await,
        Command::Trace(args) => trace::run(args, common).await,
        Command::Watch(args) => watch::run(args, common).await,
        Command::Verify(args) => verify::run(args, common).await,
        Command::Doctor(args) => doctor::run(args, common).await,
        Command::Parked(args) => parked::run(args, common).await,
        Command::Heal(args) => heal::run(args, common).await,
        Command::Bench(args) => bench::run(args, common).await,
        Command::Completions(args) => {
            clap_complete::generate(args.shell, &mut Cli::command(), "wallet", &mut io::stdout());
            Ok(Exit::Ok)
        }
    }
}

/// Tells an error: to people on stderr, to programs on stdout too.
fn failed(error: &anyhow::Error, json: bool) -> Exit {
    if error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is_broken_pipe))
    {
        return Exit::Ok;
    }
    let exit = if error.is::<Usage>() {
        Exit::Usage
    } else {
        Exit::Failed
    };
    eprintln!("error: {error:#}");
    if json {
        // Who reads this may be gone; the exit code remains.
        let _ = output::json(&json!({ "error": format!("{error:#}"), "exit": exit.code() }));
    }
    exit
}

/// Whoever read our output has seen enough, as `head` does.
fn is_broken_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}
