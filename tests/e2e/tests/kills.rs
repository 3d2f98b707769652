//! Faults at random moments under load, in one phase and in two: everything ends, once, and every invariant holds.

use anyhow::{Context as _, Result};
use e2e::faults::{inject_faults, span};
use e2e::load::{Traffic, accounts, open_all};
use e2e::reckoning::{reckon, until_all_ended};
use e2e::{Random, World};
use tokio::sync::watch;

const ACCOUNTS: usize = 40;
const SECONDS: u64 = 40;

async fn survives(database: Option<&str>) -> Result<()> {
    let mut random = Random::seeded()?;
    let mut world = World::fragile(database).await?;
    let accounts = accounts(ACCOUNTS)?;
    open_all(&world, &accounts, "100.00").await?;

    let (stop, stopped) = watch::channel(false);
    let traffic = Traffic::new(random.split(), world.nats.shards().await?, accounts.clone());
    let publishing = tokio::spawn(traffic.run(world.nats.client().clone(), stopped));
    let injected = inject_faults(&mut world, &mut random, span(SECONDS)?).await?;
    stop.send_replace(true);
    let accepted = publishing.await?.context("the load")?;

    world.verify().await?;
    let tally = until_all_ended(&world.api).await?;
    world.verify().await?;
    let reckoning = reckon(&world.api, &accounts, &accepted.transfers).await?;
    println!(
        "{database:?}: {} faults injected; {} messages sent more than once; {} confirmed or cancelled later; {}",
        injected.total(),
        accepted.repeated,
        accepted.second,
        reckoning.text()
    );
    reckoning.check()?;
    let transfers = u64::try_from(accepted.transfers.len() + ACCOUNTS)?;
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
    survives(Some("postgres")).await
}
