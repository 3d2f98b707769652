//! Slow flows, long holds, and many expiries at once.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{DATABASES, PATIENCE, World, id, wait};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use wallet_client::api::{Status, StatusFilter};
use wallet_contract::subject::Verb;

use super::{money, only, reserve, send};

/// Slow flows are found; a flow that is or was held for long waits for alice, and is not found.
pub(super) async fn held_time_is_no_duration(world: &World, expired: &str) -> Result<()> {
    let waits = id();
    world
        .ask(Verb::Reserve, "alice", reserve(&waits, "bob", "1.00", 600))
        .await?;
    let deadline = Instant::now() + PATIENCE;
    let flow = world
        .api
        .transfer(expired.parse()?, None)
        .await?
        .context("it is known")?;
    let held = flow.held_for_us().context("it was held")?;
    loop {
        let list = async |query: &str| world.get(&format!("/v1/transfers?{query}")).await;
        let one = world
            .api
            .transfer(waits.parse()?, None)
            .await?
            .context("it is known")?;
        let long_ago = wallet_client::clock::now()
            .duration_since(one.started_at)
            .as_millis()
            > 1_000;
        for account in ["", "&account=alice"] {
            let all = list(&format!("lasted_ms=0{account}")).await?;
            ensure!(all.contains(&waits) && all.contains(expired), "{all}");
            let lasted = list(&format!("lasted_ms={}us{account}", held.min(900_000))).await?;
            ensure!(!lasted.contains(&waits) && !lasted.contains(expired), "{lasted}");
        }
        if long_ago {
            break;
        }
        ensure!(Instant::now() < deadline, "the clock does not advance");
        sleep(Duration::from_millis(50)).await;
    }
    world.ask(Verb::Cancel, "alice", only(&waits)).await?;
    Ok(())
}

/// Reserves 5,000 times for two seconds, and checks when each was released.
#[tokio::test]
async fn many_reservations_expire_at_once_and_in_time() -> Result<()> {
    const MANY: u64 = 5_000;
    for database in DATABASES {
        let world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        for _ in 0..10 {
            let some: Vec<Value> = (0..MANY / 10).map(|_| reserve(&id(), "bob", "0.01", 2)).collect();
            send(&world, Verb::Reserve, &Value::from(some)).await?;
        }
        let expired = async || Ok(world.api.stats().await?.transfers.expired);
        wait::until("all have expired", expired, |expired| *expired >= MANY).await?;
        let filter = wallet_client::api::Filter {
            status: Some(StatusFilter::Is(Status::Expired)),
            ..wallet_client::api::Filter::default()
        };
        let (mut late, mut next) = (Vec::new(), None);
        loop {
            let page = world.api.transfers(&filter, 1_000, next.as_deref()).await?;
            let lasted = page
                .transfers
                .iter()
                .filter_map(|flow| Some(flow.ended_at?.duration_since(flow.started_at)));
            late.extend(lasted.map(|lasted| lasted.as_millis() - 2_000));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        late.sort_unstable();
        println!(
            "{database:?}: {} expired, late by {} to {} ms",
            late.len(),
            late[0],
            late[late.len() - 1]
        );
        assert_eq!(late.len() as u64, MANY);
        assert!(late[0] >= 0, "some expired too early");
        assert_eq!(
            money(&world, "alice").await?,
            "100.00 available, 0.00 held, 0.00 in transit"
        );
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}
