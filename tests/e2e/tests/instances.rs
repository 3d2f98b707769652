//! Several instances of one service: a stand-by takes over, a stop is orderly, a log line names its flow.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::disk::SmallDisk;
use e2e::instance::{Instance, STANDBY, WORKING, family, signal};
use e2e::{DATABASES, World, transfer};
use rustix::process::Signal;
use serde_json::Value;
use wallet_contract::subject::{Service, Verb};

#[tokio::test]
async fn a_stand_by_takes_over_and_stops_cleanly() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        let spare = Instance::second(&world, Service::Credit)?;
        spare.until_both(STANDBY).await?;
        reports_a_hanging_database(&mut world, &spare).await?;

        world.stack.kill(Service::Credit).await?;
        let began = Instant::now();
        let outcome = world.pay("alice", "bob", "1.00").await?;
        ensure!(outcome.outcome.is_good(), "{outcome:?}");
        println!(
            "{database:?}: the stand-by had settled a transfer {:?} after the kill",
            began.elapsed()
        );
        ensure!(
            began.elapsed() < Duration::from_secs(8),
            "the stand-by took {:?}",
            began.elapsed()
        );

        assert_eq!(spare.stop().await?.code(), Some(0), "SIGTERM must end it cleanly");
        let began = Instant::now();
        world.stack.start_service(Service::Credit).await?;
        ensure!(
            began.elapsed() < Duration::from_secs(2),
            "a clean stop must release the lease at once"
        );
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

/// A stand-by whose database hangs could not take over, and reports so. SQLite does not hang like that.
async fn reports_a_hanging_database(world: &mut World, spare: &Instance) -> Result<()> {
    let Some(postgres) = world.stack.postgres() else {
        return Ok(());
    };
    let processes = family(postgres.pid().context("it runs")?);
    for pid in &processes {
        signal(*pid, Signal::STOP)?;
    }
    let reported = spare.until_both("\"state\":\"failed\"").await;
    for pid in &processes {
        signal(*pid, Signal::CONT)?;
    }
    reported?;
    spare.until_ready().await
}

/// debit-svc moves to databases on a small disk, which then fills up while it works.
#[tokio::test]
async fn a_full_disk_under_load_loses_nothing() -> Result<()> {
    let mut world = World::start(None).await?;
    let Some(disk) = SmallDisk::mount(24 * 1024)? else {
        return world.stop().await;
    };
    world.open(&["alice", "bob", "carol"]).await?;
    world.stack.stop_service(Service::Debit).await?;
    for file in ["debit-0.db", "debit-1.db"] {
        std::fs::copy(world.dir().join(file), disk.path().join(file))?;
    }
    let database = format!("sqlite://{}/debit-{{shard}}.db", disk.path().display());
    let debit = Instance::on(&world, Service::Debit, &database)?;
    debit.until_both(WORKING).await?;
    assert!(world.pay("alice", "bob", "0.01").await?.outcome.is_good());

    let ballast = disk.fill()?;
    let requests: Vec<Value> = (0..5_000).map(|_| transfer("bob", "0.01")).collect();
    for some in requests.chunks(500) {
        let body = Value::from(some.to_vec()).to_string();
        world
            .nats
            .request(Verb::Transfer, &"alice".parse()?, body, None)
            .await?;
    }
    debit.until_shows("the disk is full: free some space").await?;
    std::fs::remove_file(ballast)?;
    debit.until_both(WORKING).await?;
    world.verify().await?;
    assert_eq!(world.available("alice").await?, "49.99", "each was paid once");

    debit.stop().await?;
    world.stop().await
}

#[tokio::test]
async fn each_log_line_of_a_flow_has_its_trace_and_transfer() -> Result<()> {
    let mut world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    world.stack.stop_service(Service::Debit).await?;
    let verbose = Instance::second(&world, Service::Debit)?;
    verbose.until_both(WORKING).await?;
    let outcome = world.pay("alice", "bob", "1.00").await?;
    verbose.stop().await?;
    let log = std::fs::read_to_string(world.dir().join("debit-svc-second.log"))?;
    let line = log
        .lines()
        .find(|line| line.contains("wallet.account.debited.v1"))
        .context("no line of the decision")?;
    let line: serde_json::Value = serde_json::from_str(line)?;
    assert_eq!(line["trace_id"], outcome.trace);
    assert_eq!(line["transfer_id"], outcome.id.to_string());
    world.stack.start_service(Service::Debit).await?;
    world.stop().await
}
