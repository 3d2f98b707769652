//! A service whose requirements are not met does not start to work, and reports what is wrong and what to do.

use std::net::TcpListener;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::jetstream::stream::Compression;
use e2e::disk::SmallDisk;
use e2e::server::{listening, program as nats_server};
use e2e::{World, program};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_contract::subject::Service;
use wallet_stack::address::free_ports;

/// Starts debit-svc and waits for a line that contains `expected`; it may end, or keep trying.
async fn check(nats: &str, database: &str, http: &str, shards: &str, expected: &str) -> Result<()> {
    let mut child = debit_svc(nats, database, http, shards)?.spawn()?;
    let mut lines = BufReader::new(child.stderr.take().context("a pipe")?).lines();
    let mut seen = Vec::new();
    let found = async {
        while let Some(line) = lines.next_line().await? {
            if line.contains(expected) {
                return Ok(true);
            }
            seen.push(line);
        }
        Ok::<_, anyhow::Error>(false)
    };
    let found = tokio::time::timeout(Duration::from_secs(20), found).await;
    let _ = child.kill().await;
    assert!(
        matches!(found, Ok(Ok(true))),
        "{expected:?} was not logged: {seen:#?}"
    );
    Ok(())
}

fn debit_svc(nats: &str, database: &str, http: &str, shards: &str) -> Result<Command> {
    let mut command = Command::new(program("debit-svc")?);
    command
        .args([
            "--nats",
            nats,
            "--database",
            database,
            "--http",
            http,
            "--shards",
            shards,
        ])
        .env("WALLET_LOG_FORMAT", "json")
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    Ok(command)
}

fn free_http() -> Result<String> {
    let [port] = free_ports()?;
    Ok(format!("127.0.0.1:{port}"))
}

fn files(dir: &TempDir) -> String {
    format!("sqlite://{}/debit-{{shard}}.db", dir.path().display())
}

/// Starts a server with an unsupported configuration, and waits until it listens.
async fn start_server(mut nats: Command, port: u16, dir: &TempDir) -> Result<Child> {
    nats.args(["-a", "127.0.0.1", "-p", &port.to_string()]);
    listening(&mut nats, port, dir.path()).await
}

#[tokio::test]
async fn without_its_nats_server() -> Result<()> {
    let dir = TempDir::new()?;
    let [port] = free_ports()?;
    let url = format!("nats://127.0.0.1:{port}");
    check(
        &url,
        &files(&dir),
        &free_http()?,
        "2",
        &format!("no NATS server answers at 127.0.0.1:{port}"),
    )
    .await
}

#[tokio::test]
async fn without_jetstream() -> Result<()> {
    let (dir, [port]) = (TempDir::new()?, free_ports()?);
    let _nats = start_server(nats_server().await?, port, &dir).await?;
    check(
        &format!("nats://127.0.0.1:{port}"),
        &files(&dir),
        &free_http()?,
        "2",
        "has no JetStream",
    )
    .await
}

#[tokio::test]
async fn on_a_server_that_is_too_old() -> Result<()> {
    // Debian's.
    let Some(old) = e2e::tool("nats-server") else {
        return Ok(());
    };
    let (dir, [port]) = (TempDir::new()?, free_ports()?);
    let mut nats = Command::new(old);
    nats.args(["-js", "-sd"]).arg(dir.path().join("js"));
    let _nats = start_server(nats, port, &dir).await?;
    check(
        &format!("nats://127.0.0.1:{port}"),
        &files(&dir),
        &free_http()?,
        "2",
        "use 2.12 or newer",
    )
    .await
}

#[tokio::test]
async fn on_streams_or_databases_that_are_not_its_own() -> Result<()> {
    let world = World::start(None).await?;
    let (nats, dir) = (world.stack.nats_url(), TempDir::new()?);
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let taken = taken.local_addr()?.to_string();
    let ours = files(&dir);
    check(&nats, &ours, &taken, "2", "can't listen on http://").await?;
    check(&nats, "mysql://x", &free_http()?, "2", "unknown kind").await?;
    check(
        &nats,
        "sqlite:///no/such/folder/d-{shard}.db",
        &free_http()?,
        "2",
        "does the folder exist",
    )
    .await?;
    let none = "postgres://nobody:secret@127.0.0.1:1/none";
    check(
        &nats,
        none,
        &free_http()?,
        "2",
        "postgres://nobody@127.0.0.1:1/none",
    )
    .await?;
    let ledgers = format!("sqlite://{}/ledger-{{shard}}.db", world.dir().display());
    check(&nats, &ledgers, &free_http()?, "2", "is it another service's?").await?;
    world.stop().await
}

/// Nothing is created for another number of shards than the wallet's, or in a file that shards would share.
#[tokio::test]
async fn with_another_number_of_shards() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice"]).await?;
    let (nats, dir) = (world.stack.nats_url(), TempDir::new()?);
    let theirs = format!("sqlite://{}/debit-{{shard}}.db", world.dir().display());
    let shared = format!("sqlite://{}/debit.db", dir.path().display());
    for (database, shards, expected) in [
        (files(&dir), "3", "was created for a wallet with 2 shards"),
        (files(&dir), "1", "was created for a wallet with 2 shards"),
        (theirs, "3", "was created for a wallet with 2 shards"),
        (shared, "2", "put {shard} where its number goes"),
    ] {
        let mut command = debit_svc(&nats, &database, &free_http()?, shards)?;
        let ended = tokio::time::timeout(Duration::from_secs(20), command.output()).await??;
        let log = String::from_utf8_lossy(&ended.stderr);
        assert!(log.contains(expected), "{database} {shards}: {log}");
        assert_eq!(ended.status.code(), Some(1), "{log}");
    }
    let made: Vec<_> = std::fs::read_dir(dir.path())?.collect();
    assert!(made.is_empty(), "{made:?}");
    let there = world.nats.jetstream().get_stream(stream::name(Shard(2))).await;
    assert!(there.is_err(), "a stream was created for a third shard");
    assert!(!world.dir().join("debit-2.db").exists());
    world.verify().await?;
    world.stop().await
}

/// Compression saves disk space, as deploy/README.md says.
#[tokio::test]
async fn but_not_on_streams_that_were_compressed() -> Result<()> {
    let mut world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    for shard in world.nats.shards().await?.all() {
        let stream = world.nats.jetstream().get_stream(stream::name(shard)).await?;
        let mut config = stream.cached_info().config.clone();
        assert_eq!(config.compression, Some(Compression::None));
        config.compression = Some(Compression::S2);
        world.nats.jetstream().update_stream(config).await?;
    }
    world.pay("alice", "bob", "1.00").await?;
    for service in Service::ALL {
        world.stack.stop_service(service).await?;
        world.stack.start_service(service).await?;
    }
    world.pay("alice", "bob", "1.00").await?;
    world.verify().await?;
    world.stop().await
}

#[tokio::test]
async fn on_a_newer_or_read_only_database() -> Result<()> {
    let mut world = World::start(None).await?;
    world.open(&["alice"]).await?;
    let (nats, folder) = (world.stack.nats_url(), world.dir());
    world.stack.stop_service(Service::Debit).await?;
    let url = format!("sqlite://{}/debit-{{shard}}.db", folder.display());
    let pool = sqlx::SqlitePool::connect(&url.replace("{shard}", "0")).await?;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'newer', 1, x'00', 0)";
    sqlx::query(newer).execute(&pool).await?;
    check(
        &nats,
        &url,
        &free_http()?,
        "2",
        "has schema version 999, but this program only knows versions up to ",
    )
    .await?;
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 999")
        .execute(&pool)
        .await?;
    pool.close().await;

    let read_only = format!("{url}?mode=ro");
    let says = "make it writable for this service";
    check(&nats, &read_only, &free_http()?, "2", says).await?;
    world.stack.start_service(Service::Debit).await?;
    world.verify().await?;
    world.stop().await
}

#[tokio::test]
async fn on_a_full_disk() -> Result<()> {
    let world = World::start(None).await?;
    let Some(disk) = SmallDisk::mount(64)? else {
        return world.stop().await;
    };
    let url = format!("sqlite://{}/debit-{{shard}}.db", disk.path().display());
    check(
        &world.stack.nats_url(),
        &url,
        &free_http()?,
        "2",
        "free some space",
    )
    .await?;
    world.stop().await
}
