//! A backup made as deploy/README.md describes is restored, and everything holds.

use anyhow::{Result, ensure};
use e2e::backup::{restore_files, start, stop, take, take_while_paused};
use e2e::load::{accounts, open_all, publish};
use e2e::reckoning::until_all_ended;
use e2e::{World, id};
use serde_json::json;
use wallet_contract::subject::bulk;

const ACCOUNTS: usize = 10;
const MESSAGES: usize = 40;
const AT_ONCE: usize = 25;

/// Many payments, all of them acknowledged, and few of them handled.
async fn send(world: &World, accounts: &[String]) -> Result<()> {
    let shards = world.nats.shards().await?;
    for message in 0..MESSAGES {
        let payer = &accounts[message % ACCOUNTS];
        let payments = (0..AT_ONCE).map(|payment| {
            let payee = &accounts[(message + payment + 1) % ACCOUNTS];
            json!({ "id": id(), "from": payer, "to": payee, "amount": "0.01", "currency": "USD" })
        });
        let body = json!(payments.collect::<Vec<_>>()).to_string();
        publish(world.nats.client(), &bulk(shards.of(&payer.parse()?)), &body).await?;
    }
    Ok(())
}

async fn balances(world: &World, accounts: &[String]) -> Result<Vec<String>> {
    let mut balances = Vec::new();
    for account in accounts {
        balances.push(world.available(account).await?);
    }
    Ok(balances)
}

/// Restores a backup and checks that nothing has changed.
async fn restore(
    world: &mut World,
    from: &std::path::Path,
    accounts: &[String],
    expected: &[String],
) -> Result<()> {
    stop(world).await?;
    restore_files(world, from)?;
    start(world).await?;
    until_all_ended(&world.api).await?;
    world.verify().await?;
    assert_eq!(balances(world, accounts).await?, expected, "{}", from.display());
    ensure!(
        world.pay("k00", "k01", "1.00").await?.outcome.is_good(),
        "no payment after the restore"
    );
    Ok(())
}

#[tokio::test]
async fn a_copy_of_a_stopped_or_paused_stack_can_be_restored() -> Result<()> {
    let mut world = World::start(None).await?;
    let (stopped, at_once) = (world.dir().join("stopped"), world.dir().join("at-once"));
    let accounts = accounts(ACCOUNTS)?;
    open_all(&world, &accounts, "50.00").await?;
    send(&world, &accounts).await?;
    take_while_paused(&world, &at_once)?;
    until_all_ended(&world.api).await?;
    let after_the_load = balances(&world, &accounts).await?;

    ensure!(world.pay("k00", "k01", "20.00").await?.outcome.is_good());
    stop(&mut world).await?;
    take(&world, &stopped)?;
    start(&mut world).await?;
    let when_stopped = balances(&world, &accounts).await?;
    assert_ne!(when_stopped, after_the_load);
    // Everything from here on is lost with the disk.
    ensure!(world.pay("k01", "k02", "3.00").await?.outcome.is_good());
    send(&world, &accounts).await?;

    restore(&mut world, &stopped, &accounts, &when_stopped).await?;
    restore(&mut world, &at_once, &accounts, &after_the_load).await?;
    world.verify().await?;
    world.stop().await
}
