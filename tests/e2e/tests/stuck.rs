//! A stuck transfer is reported together with what it waits for, and no longer once it continues.

use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::wait::until;
use e2e::{DATABASES, World, transfer};
use serde_json::Value;
use tokio::time::sleep;
use wallet_contract::id::AccountId;
use wallet_contract::subject::{Service, Verb, bulk};

/// Publishes a transfer that no service completes.
async fn begin(world: &World) -> Result<String> {
    let body = transfer("bob", "1.00");
    let alice = "alice".parse()?;
    world
        .nats
        .request(Verb::Transfer, &alice, body.to_string(), None)
        .await?;
    Ok(body["id"].as_str().context("an id")?.to_owned())
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

async fn listed(world: &World) -> Result<String> {
    Ok(text(&world.wallet(&["transfers", "--status", "stuck"]).await?))
}

/// The sum of a gauge over the shards.
async fn gauge(world: &World, name: &str) -> Result<i64> {
    let metrics = world.get("/metrics").await?;
    let lines = metrics
        .lines()
        .filter(|line| line.starts_with(&format!("{name}{{")));
    let values = lines.filter_map(|line| line.rsplit(' ').next());
    Ok(values.filter_map(|value| value.parse::<i64>().ok()).sum())
}

/// The verdict on the whole wallet.
async fn verdict(world: &World) -> Result<String> {
    let health: Value = reqwest::get(format!("{}/v1/health", world.stack.api_url()))
        .await?
        .json()
        .await?;
    Ok(health["summary"].as_str().context("a summary")?.to_owned())
}

async fn until_healthy(world: &World) -> Result<()> {
    let healthy = |verdict: &String| verdict.starts_with("Healthy: ");
    until("the wallet is healthy", async || verdict(world).await, healthy).await?;
    Ok(())
}

async fn until_stuck(world: &World, many: i64) -> Result<()> {
    let stuck = async || gauge(world, "wallet_flows_stuck").await;
    until("the gauge shows it", stuck, |stuck| *stuck == many).await?;
    Ok(())
}

/// Kills a service, and checks what then waits for it.
async fn is_stuck_on(
    world: &mut World,
    service: Service,
    account: &str,
    last: &str,
    next: &str,
) -> Result<()> {
    let shard = world.nats.shards().await?.of(&account.parse::<AccountId>()?);
    let reason = format!("{service} of shard {} has not reacted to {last}", shard.0);
    until_healthy(world).await?;
    world.stack.kill(service).await?;
    let id = begin(world).await?;
    let list = until(
        &reason,
        async || listed(world).await,
        |list| list.contains(&reason),
    )
    .await?;
    ensure!(list.contains(&id) && list.contains("stuck"), "{list}");
    // It is also visible in queries that do not ask for stuck transfers.
    for more in [&[][..], &["--account", "alice"], &["--status", "running"]] {
        let plain = text(&world.wallet(&[&["transfers"], more].concat()).await?);
        let row = plain.lines().find(|line| line.contains(&id)).unwrap_or_default();
        ensure!(
            row.contains("stuck") && row.contains(&reason),
            "{more:?}: {plain}"
        );
    }
    until_stuck(world, 1).await?;
    assert_eq!(gauge(world, "wallet_flows_in_flight").await?, 1);

    let traced = text(&world.wallet(&["trace", &id]).await?);
    ensure!(
        traced.contains(&reason) && traced.contains(&format!("expected next: {next}")),
        "{traced}"
    );
    let verified = world.wallet(&["verify", "--wait", "1s"]).await?;
    assert_eq!(
        verified.status.code(),
        Some(4),
        "a stuck transfer must not be a breach"
    );
    let verified = text(&verified);
    ensure!(
        verified.contains(&format!("1 transfer is stuck: {id}: {reason}")) && !verified.contains('✗'),
        "{verified}"
    );
    let doctor = world.wallet(&["doctor"]).await?;
    assert_eq!(doctor.status.code(), Some(1));
    let doctor = text(&doctor);
    for expected in [
        &format!("the oldest is {id}: {reason}"),
        "silent (last heard from at ",
        "2 failed: ",
    ] {
        ensure!(doctor.contains(expected), "no {expected:?} in {doctor}");
    }
    let verdict = verdict(world).await?;
    let transit = if service == Service::Credit {
        ", 1.00 USD in transit"
    } else {
        ""
    };
    let expected = format!("Degraded: {service} silent for ");
    let rest = format!(" s on shards 0 and 1; 1 transfer stuck{transit}");
    ensure!(
        verdict.starts_with(&expected) && verdict.ends_with(&rest),
        "{verdict}"
    );
    ensure!(
        world.get("/health").await?.contains(&expected),
        "the health page does not show it"
    );
    let accounts = async || world.get("/accounts").await;
    until("every page shows it", accounts, |page| {
        page.contains("✗ degraded")
    })
    .await?;

    world.stack.start_service(service).await?;
    until(
        "the transfer continues",
        async || listed(world).await,
        |list| !list.contains(&id),
    )
    .await?;
    until_healthy(world).await?;
    let accounts = async || world.get("/accounts").await;
    until("every page shows it", accounts, |page| page.contains("healthy")).await?;
    assert_eq!(
        world.wallet(&["doctor", "--strict"]).await?.status.code(),
        Some(0)
    );
    until_stuck(world, 0).await?;
    let traced = text(&world.wallet(&["trace", &id]).await?);
    ensure!(
        traced.contains("settled") && !traced.contains("stuck"),
        "{traced}"
    );
    Ok(())
}

#[tokio::test]
async fn a_stuck_transfer_names_the_service_it_waits_for() -> Result<()> {
    for database in DATABASES {
        let mut world = World::with(database, |options| options.stuck_after = Some(1)).await?;
        world.open(&["alice", "bob"]).await?;
        let begun = ("transfer.requested", "wallet.account.debited.v1, or ");
        is_stuck_on(&mut world, Service::Debit, "alice", begun.0, begun.1).await?;
        let debited = (
            "account.debited",
            "wallet.account.credited.v1, or wallet.credit.refused.v1",
        );
        is_stuck_on(&mut world, Service::Credit, "bob", debited.0, debited.1).await?;
        world.verify().await?;

        // A reservation that waits for its payer is not stuck.
        let body = Value::from_iter([
            ("id", Value::from(e2e::id())),
            ("to", "bob".into()),
            ("amount", "1.00".into()),
            ("currency", "USD".into()),
            ("expires_in", 600.into()),
        ]);
        world.ask(Verb::Reserve, "alice", body).await?;
        sleep(Duration::from_secs(2)).await;
        let list = world.wallet(&["transfers", "--status", "stuck"]).await?;
        assert_eq!(String::from_utf8_lossy(&list.stderr), "no transfer is stuck\n");
        world.stop().await?;
    }
    Ok(())
}

/// More than are examined one by one.
const MANY: usize = 1_200;

#[tokio::test]
async fn a_backlog_is_counted_and_the_oldest_are_listed() -> Result<()> {
    for database in DATABASES {
        let mut world = World::with(database, |options| options.stuck_after = Some(1)).await?;
        world.open(&["alice", "bob"]).await?;
        let shard = world.nats.shards().await?.of(&"alice".parse::<AccountId>()?);
        world.stack.kill(Service::Credit).await?;
        let mut transfers: Vec<Value> = (0..MANY).map(|_| transfer("bob", "0.01")).collect();
        for transfer in &mut transfers {
            transfer["from"] = "alice".into();
        }
        let first = transfers[0]["id"].as_str().context("an id")?.to_owned();
        let message = Value::from(transfers).to_string();
        let sent = world.nats.jetstream().publish(bulk(shard), message.into());
        sent.await?.await?;
        until_stuck(&world, i64::try_from(MANY)?).await?;
        let list = listed(&world).await?;
        ensure!(list.contains(&first), "{list}");

        world.stack.start_service(Service::Credit).await?;
        until_stuck(&world, 0).await?;
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}
