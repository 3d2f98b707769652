//! The program's behaviour when something is wrong: a clear message, the right exit code, and no process left running.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::{sleep, timeout};

/// Timeout for anything.
const PATIENCE: Duration = Duration::from_mins(1);

fn compare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wallet-compare"));
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn stderr_of(command: &mut Command) -> Result<(Option<i32>, String)> {
    let Output { status, stderr, .. } = timeout(PATIENCE, command.output()).await??;
    Ok((status.code(), String::from_utf8(stderr)?))
}

#[tokio::test]
async fn an_unknown_system_is_rejected_by_name() -> Result<()> {
    let (code, stderr) = stderr_of(compare().args(["speed", "--only", "wallet,oracle"])).await?;
    assert_eq!(code, Some(2));
    assert!(
        stderr.contains("unknown system \"oracle\": use one of redis-cluster, "),
        "{stderr}"
    );
    Ok(())
}

#[tokio::test]
async fn a_missing_server_is_reported_by_name() -> Result<()> {
    let command = &mut compare();
    command.args(["accidents", "--only", "redis-cluster", "--json"]);
    let (code, stderr) = stderr_of(command.env("WALLET_REDIS_SERVER", "/no/redis-server")).await?;
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("WALLET_REDIS_SERVER is /no/redis-server: no such file"),
        "{stderr}"
    );
    let (code, stderr) = stderr_of(command.env_remove("WALLET_REDIS_SERVER").env("PATH", "/no")).await?;
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("no redis-server found") && stderr.contains("make tools"),
        "{stderr}"
    );
    Ok(())
}

#[tokio::test]
async fn missing_services_are_reported_by_name() -> Result<()> {
    let command = &mut compare();
    let (code, stderr) = stderr_of(command.args(["speed", "--only", "wallet", "--programs", "/no"])).await?;
    assert_eq!(code, Some(1));
    assert!(stderr.contains("debit-svc is not in /no"), "{stderr}");
    Ok(())
}

#[tokio::test]
async fn ctrl_c_leaves_no_files() -> Result<()> {
    // While its server starts, and while callers pay.
    for after in [Duration::ZERO, Duration::from_secs(3)] {
        let dir = TempDir::new()?;
        // If we are root, PostgreSQL runs as another user.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
        let mut child = compare()
            .args([
                "speed",
                "--only",
                "one-database",
                "--callers",
                "2",
                "--seconds",
                "600",
            ])
            .env("TMPDIR", dir.path())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stderr = BufReader::new(child.stderr.take().context("a pipe")?);
        let mut line = String::new();
        timeout(PATIENCE, stderr.read_line(&mut line)).await??;
        assert!(line.starts_with("round 1 of 3: one-database"), "{line}");
        sleep(after).await;
        let pid = child.id().context("it runs")?.to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().await?;
        assert!(sent.success());
        let status = timeout(PATIENCE, child.wait()).await??;
        stderr.read_to_string(&mut line).await?;
        assert_eq!(status.code(), Some(1), "{line}");
        assert!(line.contains("ended by Ctrl-C"), "{line}");
        assert_eq!(fs::read_dir(dir.path())?.count(), 0, "a folder is left");
    }
    Ok(())
}
