//! kill -9 of any service, or of nats-server, at random moments under load: everything settles and every invariant holds.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{Random, World, id};
use serde_json::json;
use tokio::time::{Instant, sleep};
use wallet_contract::subject::{Service, Verb, bulk};

const ACCOUNTS: u64 = 40;
const MESSAGES: usize = 400;
const TRANSFERS_A_MESSAGE: usize = 25;
const KILLS: usize = 8;

fn name(number: u64) -> String {
    format!("k{number:02}")
}

async fn open_all(world: &World) -> Result<()> {
    for number in 0..ACCOUNTS {
        let account = name(number);
        world
            .ask(Verb::Open, &account, json!({ "id": id(), "currency": "USD" }))
            .await?;
        world.pay("@world", &account, "10.00").await?;
    }
    Ok(())
}

/// Messages of bulk transfers, some of which the payer can't afford: (subject, body).
async fn load(world: &World, random: &mut Random) -> Result<Vec<(String, String)>> {
    let shards = world.nats.shards().await?;
    let mut messages = Vec::new();
    for _ in 0..MESSAGES {
        let payer = name(random.below(ACCOUNTS));
        let shard = shards.of(&payer.parse()?);
        let transfers: Vec<_> = (0..TRANSFERS_A_MESSAGE)
            .map(|_| {
                let payee = name(random.below(ACCOUNTS));
                let amount = format!("{}.{:02}", random.below(3), 1 + random.below(99));
                json!({ "id": id(), "from": payer, "to": payee, "amount": amount, "currency": "USD" })
            })
            .collect();
        messages.push((bulk(shard), json!(transfers).to_string()));
    }
    Ok(messages)
}

/// Publishes each message until it is acknowledged: the server may be gone, and may have stored it before it went.
async fn publish(client: async_nats::Client, messages: Vec<(String, String)>) -> Result<()> {
    let js = async_nats::jetstream::new(client);
    let deadline = Instant::now() + Duration::from_mins(4);
    for (subject, body) in messages {
        loop {
            let sent = async { js.publish(subject.clone(), body.clone().into()).await?.await };
            if matches!(
                tokio::time::timeout(Duration::from_secs(2), sent).await,
                Ok(Ok(_))
            ) {
                break;
            }
            ensure!(Instant::now() < deadline, "NATS did not come back");
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn kill_something(world: &mut World, random: &mut Random) -> Result<()> {
    sleep(Duration::from_millis(random.below(1500))).await;
    let victim = random.below(4);
    match Service::ALL.get(usize::try_from(victim)?) {
        Some(service) => {
            println!("kill -9 {service}");
            world.stack.kill(*service).await?;
            sleep(Duration::from_millis(random.below(500))).await;
            world.stack.start_service(*service).await
        }
        None => {
            println!("kill -9 nats-server");
            world.stack.kill_nats().await?;
            sleep(Duration::from_millis(random.below(500))).await;
            world.stack.start_nats().await
        }
    }
}

async fn survives(database: Option<&str>) -> Result<()> {
    let mut random = Random::seeded()?;
    let mut world = World::start(database).await?;
    open_all(&world).await?;
    let messages = load(&world, &mut random).await?;
    let publishing = tokio::spawn(publish(world.nats.client().clone(), messages));
    for _ in 0..KILLS {
        kill_something(&mut world, &mut random).await?;
    }
    publishing.await??;
    world.verify().await?;
    let stats = world.api.stats().await?;
    let transfers = u64::try_from(MESSAGES * TRANSFERS_A_MESSAGE)? + ACCOUNTS;
    let ended: u64 = stats.transfers.settled + stats.transfers.refused + stats.transfers.compensated;
    assert_eq!((stats.transfers.running, ended), (0, transfers));
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_settles_on_sqlite() -> Result<()> {
    survives(None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_settles_on_postgresql() -> Result<()> {
    survives(Some("postgres:")).await
}
