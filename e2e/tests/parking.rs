//! What can't be handled is set aside; what comes later of the same transfer waits, all others go on; an operator sees to it.

use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{DATABASES, PATIENCE, World, transfer};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wallet_contract::id::AccountId;
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb, envelopes};

/// What the tool says, and its exit code.
async fn tool(world: &World, args: &[&str]) -> Result<(String, i32)> {
    let Output {
        status,
        stdout,
        stderr,
    } = world.wallet(args).await?;
    let text = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok((text.concat(), status.code().unwrap_or(-1)))
}

async fn parked(world: &World) -> Result<Vec<Value>> {
    let output = world.wallet(&["parked", "--json"]).await?;
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    Ok(answer["parked"].as_array().context("a list")?.clone())
}

/// Asks until it is so.
async fn until(what: &str, mut so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !so().await? {
        ensure!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn home(world: &World, account: &str) -> Result<Shard> {
    Ok(world.nats.shards().await?.of(&account.parse::<AccountId>()?))
}

/// A transfer as the ledger shows it.
async fn flow(world: &World, id: &str) -> Result<Value> {
    let answer = reqwest::get(format!("{}/v1/transfers/{id}", world.stack.api_url())).await?;
    Ok(answer.json().await?)
}

/// How it stands; nothing, if it was not heard of yet.
async fn status(world: &World, id: &str) -> Result<String> {
    Ok(flow(world, id).await?["status"]
        .as_str()
        .unwrap_or_default()
        .to_owned())
}

#[tokio::test]
async fn a_request_that_nobody_can_read_is_mended_or_let_go() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let alice: AccountId = "alice".parse()?;
    for body in [r#"{"id":"#, r#"{"to":"bob"}"#] {
        world.nats.request(Verb::Transfer, &alice, body, None).await?;
    }
    until("both are listed", async || Ok(parked(&world).await?.len() == 2)).await?;
    let rows = parked(&world).await?;
    let id = |row: usize| rows[row]["id"].as_str().unwrap_or_default().to_owned();
    let (newest, oldest) = (id(0), id(1));

    let (shown, code) = tool(&world, &["parked", "show", &newest]).await?;
    ensure!(code == 0 && shown.contains(r#"{"to":"bob"}"#), "{shown}");
    let (told, code) = tool(&world, &["parked", "retry", &newest]).await?;
    ensure!(code == 1 && told.contains("would be set aside again"), "{told}");
    let mended = transfer("bob", "12.50");
    let (told, code) = tool(
        &world,
        &["parked", "edit", &newest, "--body", &mended.to_string()],
    )
    .await?;
    ensure!(code == 0 && told.contains("replaced by message"), "{told}");
    let mended = mended["id"].as_str().context("an id")?;
    until("it is paid", async || {
        Ok(status(&world, mended).await? == "settled")
    })
    .await?;

    let (told, code) = tool(&world, &["parked", "discard", &oldest]).await?;
    ensure!(code == 2 && told.contains("--reason"), "{told}");
    let (told, code) = tool(
        &world,
        &["parked", "discard", &oldest, "--reason", "half a request"],
    )
    .await?;
    ensure!(code == 0 && told.contains("discarded: half a request"), "{told}");
    let (told, code) = tool(&world, &["parked", "discard", &oldest, "--reason", "again"]).await?;
    ensure!(code == 1 && told.contains("was seen to already"), "{told}");
    ensure!(parked(&world).await?.is_empty(), "nothing is left");
    let (told, _) = tool(&world, &["parked", "--all"]).await?;
    ensure!(
        told.contains("half a request") && told.contains("replaced by message"),
        "{told}"
    );
    let (told, code) = tool(&world, &["parked", "retry", "debit/0/999"]).await?;
    ensure!(code == 2 && told.contains("was never set aside"), "{told}");
    world.verify().await?;
    world.stop().await
}

/// What a credit-svc of a later version may say of a transfer.
fn of_a_later_version(transfer: &str) -> String {
    json!([{
        "specversion": "1.0", "id": e2e::id(), "source": "/credit-svc/0", "type": "wallet.account.gilded.v2",
        "subject": transfer, "time": "2026-01-01T00:00:00Z", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "causationid": transfer, "correlationid": "4bf92f3577b34da6a3ce929d0e0e4736", "workus": 250,
        "data": { "payer": "alice" },
    }])
    .to_string()
}

/// credit-svc says something that nobody knows, then goes on. debit-svc and ledger-svc can't: what it says next may rest on it.
#[tokio::test]
async fn what_comes_later_of_the_same_transfer_waits_and_all_others_go_on() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        world.stack.kill(Service::Credit).await?;
        let body = transfer("bob", "1.00");
        let held_up = body["id"].as_str().context("an id")?.to_owned();
        let alice: AccountId = "alice".parse()?;
        world
            .nats
            .request(Verb::Transfer, &alice, body.to_string(), None)
            .await?;
        until("it is debited", async || {
            Ok(flow(&world, &held_up).await?["events"]
                .as_array()
                .is_some_and(|events| events.len() == 2))
        })
        .await?;
        let subject = envelopes(home(&world, "alice").await?, Service::Credit);
        let message = of_a_later_version(&held_up);
        world.nats.client().publish(subject, message.into()).await?;
        until("both have set it aside", async || {
            Ok(parked(&world).await?.len() == 2)
        })
        .await?;

        world.stack.start_service(Service::Credit).await?;
        until(
            "what follows waits",
            async || Ok(parked(&world).await?.len() == 4),
        )
        .await?;
        world.pay("alice", "bob", "2.00").await?;
        world.stack.kill(Service::Debit).await?;
        world.stack.start_service(Service::Debit).await?;
        world.pay("alice", "bob", "3.00").await?;
        assert_eq!(status(&world, &held_up).await?, "running");
        let rows = parked(&world).await?;
        let waiting = rows.iter().filter(|row| {
            row["detail"]
                .as_str()
                .is_some_and(|why| why.starts_with("waits behind"))
        });
        assert_eq!(waiting.count(), 2, "{rows:#?}");
        ensure!(
            rows.iter().all(|row| row["transfer"] == held_up.as_str()),
            "{rows:#?}"
        );

        let (told, code) = tool(&world, &["parked", "retry", "--all"]).await?;
        ensure!(code == 1 && told.contains("unknown event type"), "{told}");
        for row in rows
            .iter()
            .filter(|row| row["detail"].as_str().is_some_and(|why| why.contains("unknown")))
        {
            let id = row["id"].as_str().context("an id")?;
            let (told, code) = tool(&world, &["parked", "edit", id, "--body", "{}"]).await?;
            ensure!(
                code == 1 && told.contains("what was said is never changed"),
                "{told}"
            );
            let (told, code) = tool(
                &world,
                &["parked", "discard", id, "--reason", "gilding changes no money"],
            )
            .await?;
            ensure!(code == 0, "{told}");
        }
        until("it goes on", async || {
            Ok(status(&world, &held_up).await? == "settled")
        })
        .await?;
        ensure!(parked(&world).await?.is_empty(), "nothing waits any more");
        world.verify().await?;
        assert_eq!(world.available("bob").await?, "106.00");
        world.stop().await?;
    }
    Ok(())
}

/// debit-svc's database refuses one transfer. Its shard does not stop.
#[tokio::test]
async fn a_message_that_a_database_refuses_is_found_and_set_aside() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice", "bob"]).await?;
    let file = format!("debit-{}.db", home(&world, "alice").await?);
    let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", world.dir().join(file).display())).await?;
    sqlx::query("CREATE UNIQUE INDEX one_of_each ON transfer (payee) WHERE amount = 666")
        .execute(&pool)
        .await?;
    world.pay("alice", "bob", "6.66").await?;
    let alice: AccountId = "alice".parse()?;
    let mut bodies: Vec<Value> = (0..20).map(|_| transfer("bob", "0.01")).collect();
    bodies.insert(11, transfer("bob", "6.66"));
    let refused = bodies[11]["id"].as_str().context("an id")?.to_owned();
    world
        .nats
        .request(Verb::Transfer, &alice, json!(bodies).to_string(), None)
        .await?;
    until("it is set aside", async || Ok(parked(&world).await?.len() == 1)).await?;
    let rows = parked(&world).await?;
    ensure!(
        rows[0]["transfer"] == refused.as_str() && rows[0]["index"] == 11,
        "{rows:#?}"
    );
    world.pay("alice", "bob", "1.00").await?;
    assert_eq!(world.available("bob").await?, "107.86");

    sqlx::query("DROP INDEX one_of_each").execute(&pool).await?;
    let (told, code) = tool(&world, &["parked", "retry", "--all"]).await?;
    ensure!(code == 0 && told.contains("retried"), "{told}");
    until("it is paid", async || {
        Ok(status(&world, &refused).await? == "settled")
    })
    .await?;
    world.verify().await?;
    assert_eq!(world.available("bob").await?, "114.52");
    world.stop().await
}
