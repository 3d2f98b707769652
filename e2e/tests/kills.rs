//! kill -9 of any service, or of nats-server, at random moments under load, in one phase and in two: everything ends and
//! every invariant holds.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{PATIENCE, Random, World, id};
use serde_json::json;
use tokio::time::{Instant, sleep};
use wallet::api::Tally;
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

/// Messages of bulk requests: (subject, body). Some payers can't afford theirs. A third are reservations; some of these are
/// confirmed, whole or in part, or cancelled, by a message that comes later, or now and then too early; the others expire.
async fn load(world: &World, random: &mut Random) -> Result<Vec<(String, String)>> {
    let shards = world.nats.shards().await?;
    let mut messages: Vec<(u64, String, String)> = Vec::new();
    for message in 0..MESSAGES {
        let payer = name(random.below(ACCOUNTS));
        let subject = bulk(shards.of(&payer.parse()?));
        let (mut requests, mut second) = (Vec::new(), Vec::new());
        for _ in 0..TRANSFERS_A_MESSAGE {
            let (id, payee) = (id(), name(random.below(ACCOUNTS)));
            let amount = format!("{}.{:02}", random.below(3), 1 + random.below(99));
            let mut request =
                json!({ "id": id, "from": payer, "to": payee, "amount": amount, "currency": "USD" });
            if random.below(3) == 0 {
                request["verb"] = "reserve".into();
                request["expires_in"] = (1 + random.below(3)).into();
                request["auto_confirm"] = (random.below(4) == 0).into();
                second.extend(match random.below(4) {
                    0 => Some(json!({ "id": id, "from": payer, "verb": "confirm" })),
                    1 => Some(json!({ "id": id, "from": payer, "verb": "confirm", "amount": "0.01", "currency": "USD" })),
                    2 => Some(json!({ "id": id, "from": payer, "verb": "cancel" })),
                    _ => None,
                });
            }
            requests.push(request);
        }
        let at = 10 * u64::try_from(message)?;
        messages.push((at, subject.clone(), json!(requests).to_string()));
        if !second.is_empty() {
            let later = at + 1 + random.below(60);
            let when = if random.below(10) == 0 {
                at.saturating_sub(1)
            } else {
                later
            };
            messages.push((when, subject, json!(second).to_string()));
        }
    }
    messages.sort_by_key(|(at, ..)| *at);
    Ok(messages
        .into_iter()
        .map(|(_, subject, body)| (subject, body))
        .collect())
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

/// Waits until the clock has ended what nobody confirmed.
async fn nothing_waits(world: &World) -> Result<Tally> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let tally = world.api.stats().await?.transfers;
        if tally.reserved == 0 && tally.running == 0 {
            return Ok(tally);
        }
        ensure!(Instant::now() < deadline, "not all has ended: {tally:?}");
        sleep(Duration::from_millis(100)).await;
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
    let tally = nothing_waits(&world).await?;
    world.verify().await?;
    let transfers = u64::try_from(MESSAGES * TRANSFERS_A_MESSAGE)? + ACCOUNTS;
    let ended = tally.settled + tally.refused + tally.compensated + tally.cancelled + tally.expired;
    assert_eq!((tally.running, ended), (0, transfers), "{tally:?}");
    assert!(tally.cancelled > 0 && tally.expired > 0, "{tally:?}");
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
