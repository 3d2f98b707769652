//! Jepsen's bank test under faults: whatever happens to the processes, at every moment the bank holds exactly what was
//! deposited.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use e2e::bank::{Reader, pay_at_random, svg};
use e2e::faults::{inject_faults, span};
use e2e::load::{Accepted, accounts, open_all};
use e2e::reckoning::{reckon, until_all_ended};
use e2e::{Random, World};
use tokio::sync::watch;
use tokio::task::JoinSet;

const ACCOUNTS: usize = 8;
const CLIENTS: usize = 5;
const SECONDS: u64 = 30;

async fn keeps_its_total(database: Option<&str>, name: &str) -> Result<()> {
    let mut random = Random::seeded()?;
    let mut world = World::fragile(database).await?;
    let accounts = accounts(ACCOUNTS)?;
    open_all(&world, &accounts, "100.00").await?;

    let (stop, stopped) = watch::channel(false);
    let (done, read_on) = watch::channel(false);
    let reader = tokio::spawn(Reader::new(world.api.clone(), &accounts).run(read_on));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, shards) = (world.nats.client().clone(), world.nats.shards().await?);
        clients.spawn(pay_at_random(
            client,
            shards,
            accounts.clone(),
            random.split(),
            stopped.clone(),
        ));
    }
    let injected = inject_faults(&mut world, &mut random, span(SECONDS)?).await?;
    stop.send_replace(true);
    let mut accepted = Accepted::default();
    while let Some(client) = clients.join_next().await {
        let client = client?.context("a client")?;
        accepted.transfers.extend(client.transfers);
        accepted.repeated += client.repeated;
    }
    until_all_ended(&world.api).await?;
    done.send_replace(true);
    let seen = reader.await?;

    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let picture = folder.join(format!("bank-{name}.svg"));
    let title = format!(
        "bank on {name}: {} faults; {} reads",
        injected.total(),
        seen.totals.len()
    );
    std::fs::write(&picture, svg(&title, &seen.totals, &injected))?;
    world.verify().await?;
    let reckoning = reckon(&world.api, &accounts, &accepted.transfers).await?;
    println!(
        "{name}: {} faults injected; {} requests sent more than once",
        injected.total(),
        accepted.repeated
    );
    println!("{name}: {}", reckoning.text());
    println!("{name}: {}; drawn in {}", seen.text(), picture.display());
    reckoning.check()?;
    seen.check()?;
    let last = seen.totals.last().context("a last read")?;
    assert_eq!(
        (last.held, last.in_transit),
        (0, 0),
        "money is in transit or held at the end: {last:?}"
    );
    assert_eq!(last.available, 10_000 * i64::try_from(ACCOUNTS)?);
    world.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_keeps_its_total_on_sqlite() -> Result<()> {
    keeps_its_total(None, "sqlite").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bank_keeps_its_total_on_postgresql() -> Result<()> {
    keeps_its_total(Some("postgres"), "postgresql").await
}
