//! A stream loses messages from its front or its middle, as it does when a limit is set for a moment.

use anyhow::{Result, ensure};
use e2e::load::{accounts, open_all};
use e2e::reckoning::{reckon, until_all_ended};
use e2e::streams::tear;
use e2e::{DATABASES, Random, World, transfer};
use serde_json::json;
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb};

use super::{begun, heal, healed_logs_are_a_wallet, loss_is_reported, requests, run, send, sum};

const ACCOUNTS: usize = 12;
const AT_ONCE: usize = 8;

/// The doctor's report on the streams.
async fn doctor(world: &World) -> Result<String> {
    let output = world.wallet(&["doctor"]).await?;
    let output = String::from_utf8_lossy(&output.stdout).into_owned();
    let streams = output.lines().filter(|line| line.contains("streams"));
    Ok(streams.collect::<Vec<_>>().join("\n"))
}

/// The audit's message about a log that can't be audited.
async fn audit(world: &World) -> Result<String> {
    let output = world.wallet(&["verify"]).await?;
    ensure!(!output.status.success(), "verify must fail on a torn stream");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_its_front_or_middle_is_restored() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let mut world = World::start(database).await?;
        let accounts = accounts(ACCOUNTS)?;
        open_all(&world, &accounts, "50.00").await?;
        let load = requests(&mut random, world.nats.shards().await?, &accounts, 20, AT_ONCE)?;
        send(&world, &load).await?;
        until_all_ended(&world.api).await?;
        world.verify().await?;

        // The front: five messages are left.
        tear(&world, 0, &[("max_msgs", json!(5))]).await?;
        loss_is_reported(&world, 0).await?;
        let output = doctor(&world).await?;
        ensure!(
            output.contains("fail") && output.contains("WALLET_0 lacks") && output.contains("from 1 on"),
            "{output}"
        );
        let output = audit(&world).await?;
        ensure!(output.contains("stream WALLET_0 lacks"), "{output}");
        // A restarted service notices it too.
        world.stack.stop_service(Service::Credit).await?;
        world.stack.start_service(Service::Credit).await?;
        loss_is_reported(&world, 0).await?;
        let shown = run(&world, &[]).await?;
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        ensure!(
            shown.contains("WALLET_0 has lost messages from its front or middle"),
            "{shown}"
        );
        let streams = heal(&world).await?;
        ensure!(
            streams[0]["torn"] == true && streams[1]["torn"] == false,
            "{streams:?}"
        );
        whole(&world).await?;
        healed_logs_are_a_wallet(&mut world).await?;
        reckon(&world.api, &accounts, &begun(&load)).await?.check()?;

        if database.is_some() {
            // The rest makes no other demands on the database.
            world.stop().await?;
            continue;
        }

        // The middle of the other stream: only the last message of each subject is left.
        tear(&world, 1, &[("max_msgs_per_subject", json!(1))]).await?;
        loss_is_reported(&world, 1).await?;
        let streams = heal(&world).await?;
        ensure!(
            streams[0]["torn"] == false && streams[1]["torn"] == true,
            "{streams:?}"
        );
        whole(&world).await?;
        reckon(&world.api, &accounts, &begun(&load)).await?.check()?;

        // The first stream again, together with a request that no service has read and no store has.
        for service in Service::ALL {
            world.stack.stop_service(service).await?;
        }
        let (payer, lost) = (of_shard(&world, &accounts, 0).await?, transfer("k00", "0.01"));
        world
            .nats
            .request(Verb::Transfer, &payer.parse()?, lost.to_string(), None)
            .await?;
        let kept = transfer("k01", "0.01");
        world
            .nats
            .request(Verb::Transfer, &payer.parse()?, kept.to_string(), None)
            .await?;
        tear(&world, 0, &[("max_msgs", json!(1))]).await?;
        for service in Service::ALL {
            world.stack.start_service(service).await?;
        }
        let streams = heal(&world).await?;
        ensure!(
            streams[0]["torn"] == true && streams[0]["unread"] == 1,
            "{streams:?}"
        );
        whole(&world).await?;
        let known = |body: &serde_json::Value| {
            world.api.transfer(
                body["id"].as_str().unwrap_or_default().parse().expect("an id"),
                None,
            )
        };
        ensure!(
            known(&kept).await?.is_some() && known(&lost).await?.is_none(),
            "heal must restore the request that was still in the stream"
        );
        world.stop().await?;
    }
    Ok(())
}

/// An account of this shard.
async fn of_shard(world: &World, accounts: &[String], shard: u16) -> Result<String> {
    let shards = world.nats.shards().await?;
    let found = accounts.iter().find(|account| {
        account
            .parse()
            .is_ok_and(|account| shards.of(&account) == Shard(shard))
    });
    Ok(found.cloned().unwrap_or_default())
}

/// Everything is well, stays so after a restart, and there is nothing left to heal.
async fn whole(world: &World) -> Result<()> {
    let output = doctor(world).await?;
    ensure!(
        output.contains("2 streams with the required settings"),
        "{output}"
    );
    ensure!(
        sum(&heal(world).await?, "requests") == 0,
        "the second run must do nothing"
    );
    ensure!(world.pay("k00", "k01", "0.01").await?.outcome.is_good());
    ensure!(world.pay("k01", "k00", "0.01").await?.outcome.is_good());
    world.verify().await
}
