//! Backups made as deploy/README.md describes are restored, and everything holds.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::backup::{restore_files, start, stop, take, take_while_paused};
use e2e::load::{Traffic, accounts, open_all, publish};
use e2e::reckoning::until_all_ended;
use e2e::{DATABASES, Random, World, id};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;
use wallet_contract::subject::{Service, bulk};

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

/// Runs the tool, which must succeed.
async fn tool(world: &World, args: &[&str]) -> Result<String> {
    let [debit, credit] = [Service::Debit, Service::Credit].map(|service| world.stack.service_url(service));
    let more: &[&str] = if args[0] == "backup" {
        &["--debit", &debit, "--credit", &credit]
    } else {
        &[]
    };
    let done = world.wallet(&[args, more].concat()).await?;
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout).into_owned(),
        String::from_utf8_lossy(&done.stderr).into_owned(),
    );
    ensure!(done.status.success(), "{args:?}: {out}{err}");
    Ok(out)
}

/// The tool backs the streams up under load; they are restored into a new folder, in which nothing else is.
#[tokio::test(flavor = "multi_thread")]
async fn streams_that_were_backed_up_under_load_are_a_wallet() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let world = World::start(database).await?;
        let accounts = accounts(ACCOUNTS)?;
        open_all(&world, &accounts, "50.00").await?;
        send(&world, &accounts).await?;
        until_all_ended(&world.api).await?;
        let (stop, stopped) = watch::channel(false);
        let traffic = Traffic::new(random.split(), world.nats.shards().await?, accounts.clone());
        let publishing = tokio::spawn(traffic.run(world.nats.client().clone(), stopped));
        sleep(Duration::from_millis(500)).await;
        let (folder, new) = (world.dir().join("backup"), world.dir().join("new"));
        let (folder, new) = (folder.display().to_string(), new.display().to_string());
        println!("{}", tool(&world, &["backup", &folder]).await?);
        stop.send_replace(true);
        publishing.await?.context("the load")?;
        until_all_ended(&world.api).await?;
        world.verify().await?;
        let again = world.wallet(&["backup", &folder]).await?;
        ensure!(
            again.status.code() == Some(1) && String::from_utf8_lossy(&again.stderr).contains("is not empty"),
            "{again:?}"
        );

        let over = world.wallet(&["restore", &folder]).await?;
        let why = String::from_utf8_lossy(&over.stderr).into_owned();
        ensure!(
            over.status.code() == Some(1) && why.contains("has a stream WALLET_0 already"),
            "{why}"
        );
        println!("{}", tool(&world, &["restore", &folder, "--dir", &new]).await?);
        let restored = World::with(None, |options| options.dir = new.into()).await?;
        until_all_ended(&restored.api).await?;
        restored.verify().await?;
        ensure!(restored.pay("@world", "k00", "1.00").await?.outcome.is_good());
        restored.verify().await?;
        restored.stop().await?;

        damage(&folder)?;
        let other = world.dir().join("other").display().to_string();
        let damaged = world.wallet(&["restore", &folder, "--dir", &other]).await?;
        let why = String::from_utf8_lossy(&damaged.stderr).into_owned();
        ensure!(why.contains("is not as the backup wrote it"), "{why}");
        world.stop().await?;
    }
    Ok(())
}

fn damage(folder: &str) -> Result<()> {
    let file = std::path::Path::new(folder).join("WALLET_1.snapshot");
    let mut bytes = std::fs::read(&file)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Ok(std::fs::write(file, bytes)?)
}
