//! `wallet up` in a folder that has a wallet already.

use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::instance::signal;
use e2e::server::Server;
use e2e::{PATIENCE, World, program};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;
use wallet_stack::address::free_ports;
use wallet_stack::folder::Folder;

fn up(dir: &TempDir, nats: &str, http: u16, more: &[&str]) -> Result<Command> {
    let mut command = Command::new(program("wallet")?);
    command
        .args(["up", "--dir"])
        .arg(dir.path())
        .args(["--http", &format!("127.0.0.1:{http}")])
        .args(more)
        .env("WALLET_NATS_URL", nats)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

/// The first of three consecutive free ports.
fn ports() -> Result<u16> {
    for _ in 0..100 {
        let [port] = free_ports()?;
        let is_free = |port: u16| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
        if port < u16::MAX - 2 && is_free(port + 1) && is_free(port + 2) {
            return Ok(port);
        }
    }
    anyhow::bail!("no three free ports in a row")
}

/// Waits until it is up, then stops it, and returns its output.
async fn up_and_down(mut command: Command) -> Result<String> {
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("a pipe")?).lines();
    let mut output = String::new();
    let until_up = async {
        while let Some(line) = lines.next_line().await? {
            output.push_str(&line);
            output.push('\n');
            if line.contains("doctor") {
                break;
            }
        }
        Ok::<_, anyhow::Error>(())
    };
    timeout(PATIENCE, until_up)
        .await
        .context("the wallet did not come up")??;
    signal(child.id().context("it runs")?, Signal::INT)?;
    let ended = timeout(PATIENCE, child.wait_with_output()).await??;
    let stderr = String::from_utf8_lossy(&ended.stderr);
    ensure!(ended.status.success(), "{output}{stderr}");
    Ok(output + &stderr)
}

/// The error of a command that is refused at once.
async fn refused(mut command: Command) -> Result<String> {
    let Output { status, stderr, .. } = timeout(Duration::from_secs(10), command.output())
        .await
        .context("it was not rejected at once")??;
    ensure!(status.code() == Some(2), "{status}");
    Ok(String::from_utf8(stderr)?)
}

#[tokio::test]
async fn a_folder_rejects_options_that_contradict_its_record() -> Result<()> {
    let nats = Server::start("authorization { user: wallet, password: s3cr3t }").await?;
    let (dir, http) = (TempDir::new()?, ports()?);
    let url = format!("nats://wallet:s3cr3t@{}", nats.address);
    let output = up_and_down(up(&dir, &url, http, &["--shards", "3"])?).await?;
    ensure!(
        output.contains(&format!("--nats nats://USER:PASSWORD@{}", nats.address)),
        "{output}"
    );
    ensure!(!output.contains("s3cr3t"), "{output}");
    let output = up_and_down(up(&dir, &url, http, &[])?).await?;
    ensure!(output.contains("a wallet of 3 shards"), "{output}");

    let output = refused(up(&dir, &url, http, &["--shards", "2"])?).await?;
    ensure!(
        output.contains("--shards 2: the wallet in ")
            && output.contains(" has 3 shards, and their number is fixed."),
        "{output}"
    );
    // In another folder, the number of shards is still known from the streams.
    let output = refused(up(&TempDir::new()?, &url, http, &["--shards", "2"])?).await?;
    ensure!(output.contains(" has 3 shards"), "{output}");
    let elsewhere = ["--database", "postgres://me:s3cr3t@127.0.0.1:9/"];
    let output = refused(up(&dir, &url, http, &elsewhere)?).await?;
    ensure!(
        output.contains("--database postgres://me@127.0.0.1:9/: the databases of the wallet in ")
            && output.contains("are files in it"),
        "{output}"
    );
    Ok(())
}

/// The stack's own nats-server has stored streams, but `wallet up` has not recorded anything in this folder yet.
#[tokio::test]
async fn a_folder_without_a_record_is_described_by_its_streams() -> Result<()> {
    let world = World::start(None).await?;
    let folder = Folder::read(&world.dir())?;
    ensure!(
        folder.shards(None, None).is_ok_and(|shards| shards == Some(2)),
        "{folder:?}"
    );
    ensure!(
        folder.shards(Some(3), None).is_err() && folder.database(Some("postgres://db/")).is_err(),
        "{folder:?}"
    );
    world.stop().await
}
