//! What services find when they come back: half of a transfer, more than is looked at one by one, what waits behind what is parked.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{PATIENCE, World, id, transfer};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wallet_contract::subject::{Service, Verb};

use super::story::ends;

/// More than the ledger looks at one by one when it counts what is stuck, and than a chart draws line by line.
const STUCK: usize = 1_100;
/// More than a list looks at, in messages of as many as one may hold.
const REFUSED: [usize; 3] = [10_000, 10_000, 100];

/// The ledger is away while a reservation is confirmed: it hears of its end in one batch.
pub(super) async fn the_ledger_is_away(world: &mut World) -> Result<()> {
    let mut confirmed = Vec::new();
    for amount in [json!({}), json!({ "amount": "1.00", "currency": "USD" })] {
        let body = transfer("dave", "2.00");
        let mut confirm = amount;
        confirm["id"] = body["id"].clone();
        world.ask(Verb::Reserve, "carol", body).await?;
        confirmed.push(confirm);
    }
    world.stack.stop_service(Service::Ledger).await?;
    for confirm in &confirmed {
        world
            .nats
            .request(Verb::Confirm, &"carol".parse()?, confirm.to_string(), None)
            .await?;
    }
    sleep(Duration::from_secs(1)).await;
    world.stack.start_service(Service::Ledger).await?;
    for confirm in confirmed {
        ends(world, confirm["id"].as_str().context("an id")?).await?;
    }
    Ok(())
}

/// Payers' shards have not heard of what was credited while conservation is looked at; then more are stuck than are looked at.
pub(super) async fn money_is_under_way(world: &mut World) -> Result<()> {
    let few: Vec<Value> = (0..4)
        .flat_map(|_| ["alice", "bob", "max", "Mia"])
        .map(|to| transfer(to, "0.01"))
        .collect();
    world.stack.kill(Service::Credit).await?;
    send(world, "carol", &few).await?;
    stuck(world, few.len()).await?;
    world.stack.kill(Service::Debit).await?;
    world.stack.start_service(Service::Credit).await?;
    // Conservation is looked at every five seconds.
    sleep(Duration::from_secs(6)).await;
    world.stack.start_service(Service::Debit).await?;
    ends(world, few[0]["id"].as_str().context("an id")?).await?;

    world.stack.kill(Service::Credit).await?;
    let many: Vec<Value> = (0..STUCK).map(|_| transfer("dave", "0.01")).collect();
    send(world, "carol", &many).await?;
    stuck(world, STUCK).await?;
    world.stack.start_service(Service::Credit).await?;
    ends(world, many[STUCK - 1]["id"].as_str().context("an id")?).await
}

/// More transfers are refused than a list looks at.
pub(super) async fn many_are_refused(world: &World) -> Result<()> {
    let mut last = String::new();
    for many in REFUSED {
        let bodies: Vec<Value> = (0..many).map(|_| json!({ "id": id(), "to": "dave" })).collect();
        last = bodies[many - 1]["id"].as_str().context("an id")?.to_owned();
        send(world, "carol", &bodies).await?;
    }
    ends(world, &last).await
}

/// An operator's order waits behind an event that is set aside, and its account with it. Then somebody sees to the event.
pub(super) async fn an_account_waits(world: &mut World) -> Result<()> {
    let parked = world.api.parked(false).await?;
    let event = parked
        .iter()
        .find(|row| row.id.starts_with("debit/") && row.transfer.is_some());
    let event = event.context("an event is set aside")?;
    let freeze = json!({ "id": event.transfer });
    world
        .nats
        .request(Verb::Freeze, &"carol".parse()?, freeze.to_string(), None)
        .await?;
    sleep(Duration::from_millis(500)).await;
    for service in Service::ALL {
        world.stack.stop_service(service).await?;
        world.stack.start_service(service).await?;
    }
    let done = world
        .wallet(&["parked", "discard", &event.id, "--reason", "gilded"])
        .await?;
    let told = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{told}");
    Ok(())
}

async fn send(world: &World, from: &str, bodies: &[Value]) -> Result<()> {
    let body = json!(bodies).to_string();
    world
        .nats
        .request(Verb::Transfer, &from.parse()?, body, None)
        .await?;
    Ok(())
}

/// Waits until so many are stuck, as the metrics tell.
async fn stuck(world: &World, many: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let told = world.api.health().await?.stuck;
        if usize::try_from(told)? >= many {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{told} of {many} are stuck");
        sleep(Duration::from_millis(200)).await;
    }
}
