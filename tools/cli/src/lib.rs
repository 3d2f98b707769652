//! `wallet`, the command line: it makes payments, shows what happened, and starts and checks stacks.
//!
//! It is a client like any other: it publishes requests to NATS, waits for outcomes there, and reads the ledger over HTTP. It
//! never touches a service's database.
//!
//! It is a thin shell: the work is done by libraries, and nothing depends on it.
//!
//! | module | does |
//! |---|---|
//! | [`args`], [`help`] | the command line |
//! | [`commands`] | the commands |
//! | [`draw`] | a flow as text |
//! | [`mod@file`] | a whole file of transfers |
//! | [`parked`] | parked messages, and operators' instructions about them |

pub mod args;
pub mod commands;
pub mod draw;
pub mod file;
pub mod help;
pub mod parked;

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;
use serde_json::json;
use wallet_terminal::eprintln;
use wallet_terminal::exit::Exit;
use wallet_terminal::output::{self, Unwritten};

use crate::args::{Cli, Command};

/// Parses the command line, runs the command, and reports errors.
pub fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error).into(),
    };
    let json = cli.common.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into(), json).into(),
    };
    let ended = runtime.block_on(run(&cli));
    // Don't wait for threads that still block, for example in a download.
    runtime.shutdown_background();
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => failed(&error, json).into(),
    }
}

/// Runs the command.
pub async fn run(cli: &Cli) -> Result<Exit> {
    use commands::{
        backup, balance, bench, demo, doctor, heal, movement, open, parked, phases, rebuild, reservation,
        restore, reverse, statement, status_change, trace, transfer, transfers, up, verify, watch,
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
        Command::Freeze(args) => status_change::run(Verb::Freeze, args, common).await,
        Command::Unfreeze(args) => status_change::run(Verb::Unfreeze, args, common).await,
        Command::Close(args) => status_change::run(Verb::Close, args, common).await,
        Command::Balance(args) => balance::run(args, common).await,
        Command::Statement(args) => statement::run(args, common).await,
        Command::Transfers(args) => transfers::run(args, common).await,
        Command::Trace(args) => trace::run(args, common).await,
        Command::Watch(args) => watch::run(args, common).await,
        Command::Verify(args) => verify::run(args, common).await,
        Command::Doctor(args) => doctor::run(args, common).await,
        Command::Parked(args) => parked::run(args, common).await,
        Command::Heal(args) => heal::run(args, common).await,
        Command::Backup(args) => backup::run(args, common).await,
        Command::Restore(args) => restore::run(args, common).await,
        Command::Rebuild(args) => rebuild::run(args, common).await,
        Command::Bench(args) => bench::run(args, common).await,
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "wallet", &mut script);
            output::line(&String::from_utf8(script)?)?;
            Ok(Exit::Ok)
        }
    }
}

/// Prints help or version if those were asked for, or else what is wrong with the command line.
fn usage_error(error: &clap::Error) -> Exit {
    match error.print().map_err(Unwritten::from) {
        Err(Unwritten::Unread) => Exit::Unread,
        Ok(()) | Err(Unwritten::Failed(_)) if error.use_stderr() => Exit::Usage,
        Ok(()) => Exit::Ok,
        Err(Unwritten::Failed(_)) => Exit::Failed,
    }
}

/// Reports an error: to people on stderr, to programs on stdout too.
fn failed(error: &anyhow::Error, json: bool) -> Exit {
    if matches!(error.downcast_ref(), Some(Unwritten::Unread)) {
        return Exit::Unread;
    }
    let exit = Exit::of(error);
    eprintln!("error: {error:#}");
    if json {
        // stdout may be closed; the exit code remains.
        let _ = output::json(&json!({ "error": format!("{error:#}"), "exit": exit.code() }));
    }
    exit
}

#[cfg(test)]
mod tests {
    use std::io;

    use anyhow::Context as _;

    use super::*;

    #[test]
    fn only_a_closed_reader_of_our_output_ends_quietly() {
        let broken = || io::Error::from(io::ErrorKind::BrokenPipe);
        let check = |error: anyhow::Error, exit: Exit| assert_eq!(failed(&error, false), exit, "{error:#}");
        check(Unwritten::from(broken()).into(), Exit::Unread);
        let error = Err::<(), _>(Unwritten::from(broken())).context("the third scenario");
        check(error.expect_err("it is one"), Exit::Unread);
        // A broken pipe to a server does not concern our reader.
        check(broken().into(), Exit::Failed);
        check(anyhow::Error::from(broken()).context("NATS"), Exit::Failed);
        let full = io::Error::from(io::ErrorKind::StorageFull);
        check(Unwritten::from(full).into(), Exit::Failed);
    }
}
