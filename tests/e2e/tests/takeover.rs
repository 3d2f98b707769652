//! How long settlement stops when a working instance dies: from kill -9 to the first transfer requested afterwards that
//! settles. The figures are printed; the bound is generous, because the machine may be shared. A transfer confirmed in time is
//! paid even if its reservation has expired when another instance takes over.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::instance::{Instance, STANDBY, WORKING};
use e2e::{DATABASES, PATIENCE, Random, World, id};
use serde_json::json;
use tokio::time::sleep;
use wallet_contract::subject::{Service, Verb};

/// A lease of 3 s, a poll each half second, and a slow machine.
const BOUND: Duration = Duration::from_secs(20);

fn rounds() -> Result<u32> {
    Ok(std::env::var("WALLET_TAKEOVER_ROUNDS").map_or(Ok(2), |text| text.parse())?)
}

/// Kills the working instance several times, each time with a stand-by running.
async fn gaps(world: &mut World, service: Service, random: &mut Random) -> Result<Vec<Duration>> {
    let mut gaps = Vec::new();
    for _ in 0..rounds()? {
        let spare = Instance::second(world, service)?;
        spare.until_both(STANDBY).await?;
        // Anywhere between two renewals of the lease.
        sleep(Duration::from_millis(random.below(2_000))).await;
        // The lease lasts at least as long, so the reservation expires before another instance takes over.
        let reserve =
            json!({ "id": id(), "to": "bob", "amount": "0.01", "currency": "USD", "expires_in": 2 });
        let confirm = json!({ "id": reserve["id"] });
        world.ask(Verb::Reserve, "alice", reserve).await?;
        let mut confirmed = world.listen(Verb::Confirm, "alice", &confirm).await?;
        let began = Instant::now();
        world.stack.kill(service).await?;
        world
            .nats
            .request(Verb::Confirm, &"alice".parse()?, confirm.to_string(), None)
            .await?;
        let outcome = world.pay("alice", "bob", "0.01").await?;
        gaps.push(began.elapsed());
        ensure!(outcome.outcome.is_good(), "{outcome:?}");
        let confirmed = confirmed.until(tokio::time::Instant::now() + PATIENCE).await?;
        ensure!(
            confirmed
                .as_ref()
                .is_some_and(|outcome| outcome.outcome.is_good()),
            "{confirmed:?}"
        );
        spare.until_both(WORKING).await?;
        ensure!(spare.stop().await?.success(), "the stand-by did not end cleanly");
        world.stack.start_service(service).await?;
    }
    Ok(gaps)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stand_by_takes_over_in_time() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        let mut all = Vec::new();
        for service in Service::ALL {
            let found = gaps(&mut world, service, &mut random).await?;
            println!(
                "{}: {service} dies, next settled after {found:.2?}",
                world.stack.options().database.kind()
            );
            all.extend(found);
        }
        all.sort_unstable();
        let [least, half, most] = [0, all.len() / 2, all.len() - 1].map(|at| all[at]);
        println!(
            "{}: {} take-overs: least {least:.2?}, median {half:.2?}, most {most:.2?}",
            world.stack.options().database.kind(),
            all.len()
        );
        ensure!(most < BOUND, "a take-over took {most:?}");
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}
