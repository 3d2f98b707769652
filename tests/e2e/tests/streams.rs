//! Every service and the doctor notice and name a change to a stream of a running wallet, and stop reporting it once it is undone.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::instance::{self, Instance, STANDBY, WORKING};
use e2e::streams::{change, config, put};
use e2e::wait::until;
use e2e::{World, transfer};
use serde_json::{Value, json};
use wallet_contract::shard::Shard;
use wallet_contract::stream;
use wallet_contract::subject::{Service, Verb};

/// alice's shard.
const HERS: u16 = 1;
/// bob's shard, whose stream is changed.
const HIS: u16 = 0;

/// Waits until a service or its stand-by reports all of these texts for a shard and is not ready.
async fn shows(url: &str, shard: u16, texts: &[&str]) -> Result<()> {
    let read = async || {
        let answer = reqwest::get(format!("{url}/readyz")).await?;
        let status = answer.status().as_u16();
        let output: Value = answer.json().await?;
        Ok((status, output["shards"][usize::from(shard)].to_string()))
    };
    let is =
        |(status, output): &(u16, String)| *status == 503 && texts.iter().all(|text| output.contains(text));
    until(format!("{url} shows {texts:?}"), read, is).await?;
    Ok(())
}

async fn all_work(world: &World) -> Result<()> {
    for service in Service::ALL {
        instance::until(&world.stack.service_url(service), &[WORKING], 2).await?;
    }
    Ok(())
}

/// Settings, and the names under which changes to them must be reported. They can all be set at once, and reset again.
fn flips() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        ("discard", json!("old"), "discard is old, must be new"),
        (
            "max_msgs",
            json!(1_000_000),
            "max_msgs is 1000000, must be unlimited",
        ),
        (
            "max_msgs_per_subject",
            json!(1_000_000),
            "max_msgs_per_subject is 1000000, must be unlimited",
        ),
        (
            "max_bytes",
            json!(1_000_000_000),
            "max_bytes is 1000000000, must be unlimited",
        ),
        (
            "max_age",
            json!(3_600_000_000_000_u64),
            "max_age is 3600s, must be unset",
        ),
        (
            "max_msg_size",
            json!(300),
            "max_msg_size is 300, must be unlimited",
        ),
        ("max_consumers", json!(1), "max_consumers is 1, must be unlimited"),
        ("no_ack", json!(true), "no_ack is true, must be false"),
        (
            "allow_direct",
            json!(false),
            "allow_direct is false, must be true",
        ),
        (
            "duplicate_window",
            json!(120_000_000_000_u64),
            "duplicate_window is 120s, must be 100ms",
        ),
        ("allow_atomic", json!(true), "allow_atomic is true, must be false"),
        (
            "allow_batched",
            json!(true),
            "allow_batched is true, must be false",
        ),
        (
            "subjects",
            json!(["wallet.0.>", "other.>"]),
            r#"subjects is [\"wallet.0.>\",\"other.>\"]"#,
        ),
        (
            "metadata",
            json!({ "wallet_shards": "4" }),
            "number of shards is 4, must be 2",
        ),
        (
            "consumer_limits",
            json!({ "inactive_threshold": 120_000_000_000_u64 }),
            r#"consumer_limits is {\"inactive_threshold\":120000000000}"#,
        ),
        (
            "republish",
            json!({ "src": ">", "dest": "copy.>" }),
            r#"republish is {\"dest\":\"copy.>\",\"src\":\">\"}, must be unset"#,
        ),
        (
            "subject_transform",
            json!({ "src": "wallet.0.>", "dest": "wallet.0.>" }),
            r#"subject_transform is {\"dest\":\"wallet.0.>\",\"src\":\"wallet.0.>\"}, must be unset"#,
        ),
    ]
}

/// Every setting is changed and then restored. alice's shard continues with everything that does not concern bob's.
async fn changed_settings_are_reported(world: &World, spare: &Instance) -> Result<()> {
    let original = config(world, HIS).await?;
    let (settings, named): (Vec<(&str, Value)>, Vec<&str>) = flips()
        .into_iter()
        .map(|(name, value, named)| ((name, value), named))
        .unzip();
    change(world, HIS, &settings).await?;
    let expected = [&["\"failed\"", "stream WALLET_0 has wrong settings"][..], &named].concat();
    for service in Service::ALL {
        shows(&world.stack.service_url(service), HIS, &expected).await?;
    }
    shows(
        &spare.url(),
        HIS,
        &["\"failed\"", "could not take over: stream WALLET_0", named[0]],
    )
    .await?;
    let unquoted: Vec<String> = named.iter().map(|text| text.replace('\\', "")).collect();
    let unquoted: Vec<&str> = unquoted.iter().map(String::as_str).collect();
    world.tool(&["doctor"], 1, &unquoted).await?;
    let debit = reqwest::get(format!("{}/readyz", world.stack.service_url(Service::Debit))).await?;
    let debit: Value = debit.json().await?;
    assert_eq!(debit["shards"][usize::from(HERS)]["state"], "working", "{debit}");

    put(world, HIS, &original).await?;
    all_work(world).await?;
    instance::until(&spare.url(), &[STANDBY], 2).await?;
    // Settings that may differ do.
    change(
        world,
        HIS,
        &[("description", json!("ours")), ("compression", json!("s2"))],
    )
    .await?;
    assert!(world.pay("alice", "bob", "1.00").await?.outcome.is_good());
    world.verify().await
}

/// A stand-by without a server reports so, although its database shows that another instance works.
async fn a_stand_by_reports_a_lost_server(world: &mut World, spare: &Instance) -> Result<()> {
    world.stack.kill_nats().await?;
    let began = Instant::now();
    shows(&spare.url(), HERS, &["\"failed\"", "could not take over", "NATS"]).await?;
    ensure!(
        began.elapsed() < Duration::from_secs(10),
        "after {:?}",
        began.elapsed()
    );
    world.stack.start_nats().await?;
    instance::until(&spare.url(), &[STANDBY, WORKING], 2).await?;
    all_work_between(world, spare).await
}

/// Each shard of debit-svc is worked on by one of the two.
async fn all_work_between(world: &World, spare: &Instance) -> Result<()> {
    for service in [Service::Credit, Service::Ledger] {
        instance::until(&world.stack.service_url(service), &[WORKING], 2).await?;
    }
    for url in [world.stack.service_url(Service::Debit), spare.url()] {
        instance::until(&url, &[STANDBY, WORKING], 2).await?;
    }
    Ok(())
}

/// bob's stream is sealed. debit-svc on alice's shard can't continue, and is named; once the stream has been recreated,
/// everything ends.
async fn a_sealed_stream_is_reported_and_recreated(world: &mut World) -> Result<()> {
    change(world, HIS, &[("sealed", json!(true))]).await?;
    let body = transfer("bob", "2.00");
    let id = body["id"].as_str().context("an id")?.to_owned();
    world
        .nats
        .request(Verb::Transfer, &"alice".parse()?, body.to_string(), None)
        .await?;
    let debit = world.stack.service_url(Service::Debit);
    shows(&debit, HERS, &["\"cannot-publish\"", "to shard 0", "sealed"]).await?;
    for service in Service::ALL {
        let url = world.stack.service_url(service);
        shows(&url, HIS, &["\"failed\"", "sealed is true, must be false"]).await?;
    }
    let cannot = "shard 1: cannot-publish (to shard 0: ";
    world
        .tool(
            &["doctor"],
            1,
            &["WALLET_0: sealed is true, must be false", cannot],
        )
        .await?;
    let blamed = "debit-svc of shard 1 cannot publish to shard 0: ";
    let stuck = async || {
        let list = world.wallet(&["transfers", "--status", "stuck"]).await?;
        Ok(String::from_utf8_lossy(&list.stdout).into_owned())
    };
    let with_debit = |list: &String| list.contains(&id) && list.contains(blamed);
    until("it is stuck with debit-svc", stuck, with_debit).await?;
    let traced = world.wallet(&["trace", &id]).await?;
    let traced = String::from_utf8_lossy(&traced.stdout).into_owned();
    ensure!(
        traced.contains(blamed) && !traced.contains("credit-svc of shard"),
        "{traced}"
    );

    world
        .nats
        .jetstream()
        .delete_stream(stream::name(Shard(HIS)))
        .await?;
    shows(&debit, HIS, &["\"lost-data\""]).await?;
    let [debit, credit] = [Service::Debit, Service::Credit].map(|service| world.stack.service_url(service));
    let healed = world
        .wallet(&["heal", "--yes", "--debit", &debit, "--credit", &credit])
        .await?;
    let stderr = String::from_utf8_lossy(&healed.stderr).into_owned();
    ensure!(
        healed.status.success() && stderr.contains("every invariant holds"),
        "{stderr}"
    );
    all_work(world).await?;
    assert_eq!(world.available("bob").await?, "103.00");
    world.verify().await
}

#[tokio::test]
async fn a_changed_stream_setting_is_reported_until_it_is_restored() -> Result<()> {
    let mut world = World::with(None, |options| options.stuck_after = Some(1)).await?;
    world.open(&["alice", "bob"]).await?;
    let shards = world.nats.shards().await?;
    let homes = ["alice", "bob"].map(|name| name.parse().map(|account| shards.of(&account)));
    assert_eq!(
        homes,
        [Ok(Shard(HERS)), Ok(Shard(HIS))],
        "alice and bob must be on different shards"
    );
    let spare = Instance::second(&world, Service::Debit)?;
    spare.until_both(STANDBY).await?;
    changed_settings_are_reported(&world, &spare).await?;
    a_stand_by_reports_a_lost_server(&mut world, &spare).await?;
    spare.stop().await?;
    all_work(&world).await?;
    a_sealed_stream_is_reported_and_recreated(&mut world).await?;
    world.stop().await
}
