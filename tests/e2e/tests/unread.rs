//! The reader of the output has gone: a command ends quietly, as Unix tools do, and a service continues to work.

use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use e2e::instance::{Instance, STANDBY};
use e2e::{PATIENCE, World, program, steps, transfer, wait};
use tokio::process::Command;
use tokio::time::timeout;
use wallet_contract::subject::{Service, Verb};

/// The exit code that a shell reports for a program ended by SIGPIPE.
const UNREAD: i32 = 141;

/// The writing end of a pipe whose reader has gone before anything is written, as with `| head` after its last line.
fn unread() -> Result<Stdio> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    Ok(writer.into())
}

fn wallet(world: &World, args: &[&str]) -> Result<Command> {
    let mut command = Command::new(program("wallet")?);
    command
        .args(args)
        .env("WALLET_NATS_URL", world.stack.nats_url())
        .env("WALLET_API_URL", world.stack.api_url())
        .env("WALLET_DEBIT_URL", world.stack.service_url(Service::Debit))
        .env("WALLET_CREDIT_URL", world.stack.service_url(Service::Credit))
        .stdout(unread()?)
        .kill_on_drop(true);
    Ok(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_output_stops_commands_and_no_service() -> Result<()> {
    let mut world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    steps!((&world): a_command_with_closed_output_ends_quietly);
    steps!((&mut world): a_service_works_on_with_a_closed_log);
    world.stop().await
}

async fn a_command_with_closed_output_ends_quietly(world: &World) -> Result<()> {
    let body = transfer("bob", "1.00");
    let id = body["id"].as_str().context("an id")?.to_owned();
    world.ask(Verb::Transfer, "alice", body).await?;
    world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, "{\"id\":7}".to_owned(), None)
        .await?;
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "trace"],
        &["transfer", "--help"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["transfers", "--limit", "0"],
        &["transfers", "--json"],
        &["balance"],
        &["balance", "alice", "--json"],
        &["statement", "alice"],
        &["statement", "alice", "--json"],
        &["trace", &id],
        &["trace", &id, "--json"],
        &["phases", &id],
        &["watch", &id],
        &["watch", &id, "--json"],
        &["parked"],
        &["verify"],
        &["verify", "--json"],
        &["doctor"],
        &["heal", "--json"],
        &["deposit", "alice", "1.00", "USD"],
        &["deposit", "alice", "1.00", "USD", "--no-wait", "--json"],
    ] {
        let child = wallet(world, args)?.stderr(Stdio::piped()).spawn()?;
        let done = timeout(PATIENCE, child.wait_with_output()).await??;
        let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(UNREAD), "{args:?}: {stderr}");
        ensure!(
            !stderr.contains("panicked") && !stderr.contains("error"),
            "{args:?}: {stderr}"
        );
    }
    let available = async || world.available("alice").await;
    wait::until("the deposits are made", available, |available| {
        available == "101.00"
    })
    .await?;
    // Continuous commands end with the first line that is not read, even if stderr is not read either.
    for json in [&["watch"][..], &["watch", "--json"]] {
        let mut watch = wallet(world, json)?.stderr(unread()?).spawn()?;
        let ended = async {
            loop {
                world.pay("alice", "bob", "0.01").await?;
                if let Some(status) = watch.try_wait()? {
                    return anyhow::Ok(status);
                }
            }
        };
        assert_eq!(timeout(PATIENCE, ended).await??.code(), Some(UNREAD), "{json:?}");
    }
    Ok(())
}

#[tokio::test]
async fn output_to_a_full_disk_is_an_error() -> Result<()> {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full")?;
    let mut command = Command::new(program("wallet")?);
    command.args(["completions", "bash"]).stdout(full);
    let child = command.stderr(Stdio::piped()).spawn()?;
    let done = timeout(PATIENCE, child.wait_with_output()).await??;
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{stderr}");
    ensure!(
        stderr.starts_with("error: the output can't be written: No space left"),
        "{stderr}"
    );
    Ok(())
}

async fn a_service_works_on_with_a_closed_log(world: &mut World) -> Result<()> {
    let second = Instance::with_log(world, Service::Debit, unread()?)?;
    second.until_both(STANDBY).await?;
    world.stack.kill(Service::Debit).await?;
    assert_eq!(world.pay("alice", "bob", "1.00").await?.reason, None);
    ensure!(second.stop().await?.success());
    world.stack.start_service(Service::Debit).await?;
    world.verify().await
}

#[tokio::test]
async fn help_begins_with_what_a_program_does() -> Result<()> {
    for (name, does) in [
        (
            "debit-svc",
            "Debits payers' accounts and holds reserved money: one of the wallet's three services",
        ),
        (
            "credit-svc",
            "Credits payees' accounts, or refuses to: one of the wallet's three services",
        ),
        (
            "ledger-svc",
            "Keeps the books, and serves them over HTTP and as web pages: one of the wallet's three services",
        ),
        (
            "wallet",
            "Moves money between accounts, and shows what happened to it",
        ),
    ] {
        for option in ["--help", "-h"] {
            assert_eq!(first_line(name, &[option]).await?, does);
        }
        assert_eq!(
            first_line(name, &["--version"]).await?,
            format!("{name} {}", env!("CARGO_PKG_VERSION"))
        );
    }
    Ok(())
}

async fn first_line(name: &str, args: &[&str]) -> Result<String> {
    let done = Command::new(program(name)?).args(args).output().await?;
    ensure!(done.status.success(), "{name} {args:?}: {done:?}");
    let text = String::from_utf8(done.stdout)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}
