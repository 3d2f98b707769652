//! Instances of one service: a stand-by takes over, a stop is orderly, a log line tells its flow.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::disk::SmallDisk;
use e2e::{DATABASES, PATIENCE, World, program, transfer};
use serde_json::Value;
use tokio::process::{Child, Command};
use wallet::stack::address::free_ports;
use wallet_contract::subject::{Service, Verb};

/// A second instance of a service of the stack; its log goes to a file.
fn second(world: &World, service: Service, port: u16, log: &str) -> Result<Child> {
    let options = world.stack.options();
    let database = options.database.url(service, &options.dir)?;
    instance(world, service, &database, port, log)
}

fn instance(world: &World, service: Service, database: &str, port: u16, log: &str) -> Result<Child> {
    let file = std::fs::File::create(world.dir().join(log))?;
    let mut command = Command::new(program(service.name())?);
    command
        .env("WALLET_NATS_URL", world.stack.nats_url())
        .env("WALLET_DATABASE_URL", database)
        .env("WALLET_HTTP_ADDR", format!("127.0.0.1:{port}"))
        .env("WALLET_SHARDS", "2")
        .env("WALLET_LOG", "debug")
        .env("WALLET_LOG_FORMAT", "json")
        .stderr(Stdio::from(file))
        .kill_on_drop(true);
    Ok(command.spawn()?)
}

async fn until_says(port: u16, text: &str) -> Result<()> {
    until(port, text, 1).await
}

/// Both shards are in a state.
async fn until_ready(port: u16, text: &str) -> Result<()> {
    until(port, text, 2).await
}

async fn until(port: u16, text: &str, times: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    let mut last = String::new();
    while Instant::now() < deadline {
        if let Ok(answer) = reqwest::get(format!("http://127.0.0.1:{port}/readyz")).await {
            last = answer.text().await?;
            if last.matches(text).count() >= times {
                return Ok(());
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("not {text}: {last}")
}

fn terminate(child: &Child) -> Result<()> {
    let pid = i32::try_from(child.id().context("it runs")?)?;
    let pid = rustix::process::Pid::from_raw(pid).context("a pid")?;
    Ok(rustix::process::kill_process(pid, rustix::process::Signal::TERM)?)
}

#[tokio::test]
async fn a_stand_by_takes_over_and_stops_in_order() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        let [port] = free_ports()?;
        let mut spare = second(&world, Service::Credit, port, "spare.log")?;
        until_ready(port, "\"state\":\"standby\"").await?;

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

        terminate(&spare)?;
        let status = tokio::time::timeout(PATIENCE, spare.wait()).await??;
        assert_eq!(status.code(), Some(0), "SIGTERM ends in order");
        let began = Instant::now();
        world.stack.start_service(Service::Credit).await?;
        ensure!(
            began.elapsed() < Duration::from_secs(2),
            "an orderly stop gives the lease back at once"
        );
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

/// debit-svc goes on with its databases moved to a small disk, which then fills while it works.
#[tokio::test]
async fn a_disk_that_fills_under_load_loses_nothing() -> Result<()> {
    let mut world = World::start(None).await?;
    let Some(disk) = SmallDisk::mount(24 * 1024)? else {
        return world.stop().await;
    };
    world.open(&["alice", "bob", "carol"]).await?;
    world.stack.stop_service(Service::Debit).await?;
    for file in ["debit-0.db", "debit-1.db"] {
        std::fs::copy(world.dir().join(file), disk.path().join(file))?;
    }
    let [port] = free_ports()?;
    let database = format!("sqlite://{}/debit-{{shard}}.db", disk.path().display());
    let mut debit = instance(&world, Service::Debit, &database, port, "debit.log")?;
    until_ready(port, "\"state\":\"working\"").await?;
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
    until_says(port, "the disk is full: make room on it").await?;
    std::fs::remove_file(ballast)?;
    until_ready(port, "\"state\":\"working\"").await?;
    world.verify().await?;
    assert_eq!(world.available("alice").await?, "49.99", "each was paid once");

    terminate(&debit)?;
    debit.wait().await?;
    world.stop().await
}

#[tokio::test]
async fn each_log_line_of_a_flow_bears_its_trace_and_transfer() -> Result<()> {
    let mut world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    world.stack.stop_service(Service::Debit).await?;
    let [port] = free_ports()?;
    let mut talkative = second(&world, Service::Debit, port, "debit.log")?;
    until_ready(port, "\"state\":\"working\"").await?;
    let outcome = world.pay("alice", "bob", "1.00").await?;
    terminate(&talkative)?;
    talkative.wait().await?;
    let log = std::fs::read_to_string(world.dir().join("debit.log"))?;
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

#[tokio::test]
async fn every_service_tells_how_it_is() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice"]).await?;
    for service in Service::ALL {
        let url = world.stack.service_url(service);
        assert_eq!(reqwest::get(format!("{url}/livez")).await?.status(), 200);
        assert_eq!(reqwest::get(format!("{url}/readyz")).await?.status(), 200);
        let metrics = reqwest::get(format!("{url}/metrics")).await?.text().await?;
        for name in [
            "wallet_inputs_total",
            "wallet_events_total",
            "wallet_batch_duration_seconds_bucket",
        ] {
            assert!(metrics.contains(name), "{service}: no {name} in {metrics}");
        }
    }
    let url = world.stack.api_url();
    let problem = reqwest::get(format!("{url}/v1/accounts/nobody")).await?;
    assert_eq!(problem.status(), 404);
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    assert!(problem.text().await?.contains("nobody was never opened"));
    for (query, says) in [
        ("/v1/transfers?limit=0", "use 1 to 1000"),
        ("/v1/transfers?before=x", "use the \\\"next\\\""),
        ("/v1/accounts/alice?at=yesterday", "yesterday"),
        ("/v1/transfers/7", "7"),
        ("/v1/traces/xyz", "xyz"),
    ] {
        let problem = reqwest::get(format!("{url}{query}")).await?;
        assert_eq!(problem.status(), 400, "{query}");
        let text = problem.text().await?;
        assert!(text.contains(says), "{query}: {text}");
    }
    world.stop().await
}
