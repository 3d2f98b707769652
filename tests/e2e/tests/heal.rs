//! The broker loses messages that it had acknowledged: the services notice and wait, `wallet heal` restores them, everything
//! continues.

mod torn;

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::backup::copy_all;
use e2e::kept::{self, Kept};
use e2e::load::{accounts, open_all, publish};
use e2e::reckoning::{reckon, until_all_ended};
use e2e::{DATABASES, PATIENCE, Random, World, id};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wallet_client::LedgerError;
use wallet_client::api::Api;
use wallet_client::api::healing::{Position, Republish};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, bulk};
use wallet_stack::ready;

const ACCOUNTS: usize = 20;
/// How many requests one message holds.
const AT_ONCE: usize = 20;
/// More messages than a stream loses.
const GROWN: usize = 150;

/// A message of requests, and the transfers that it begins.
struct Load {
    subject: String,
    body: String,
    begins: Vec<(String, String)>,
}

/// Messages of one payer each: transfers, some beyond the balance, and reservations that are confirmed at once or expire.
fn requests(
    random: &mut Random,
    shards: Shards,
    accounts: &[String],
    messages: usize,
    at_once: usize,
) -> Result<Vec<Load>> {
    let account = |random: &mut Random| {
        let at = usize::try_from(random.below(accounts.len() as u64)).unwrap_or(0);
        accounts[at].clone()
    };
    let mut made = Vec::new();
    for _ in 0..messages {
        let payer = account(random);
        let (mut requests, mut begins) = (Vec::new(), Vec::new());
        for number in 0..at_once {
            let (id, amount) = (id(), format!("{}.{:02}", random.below(4), 1 + random.below(99)));
            begins.push((payer.clone(), id.clone()));
            let mut request = json!({ "id": id, "from": payer, "to": account(random), "amount": amount, "currency": "USD" });
            if number % 4 == 0 {
                request["verb"] = "reserve".into();
                request["expires_in"] = (1 + random.below(3)).into();
            }
            requests.push(request);
            if number % 8 == 0 {
                requests.push(json!({ "id": id, "from": payer, "verb": "confirm" }));
            }
        }
        made.push(Load {
            subject: bulk(shards.of(&payer.parse()?)),
            body: json!(requests).to_string(),
            begins,
        });
    }
    Ok(made)
}

async fn send(world: &World, load: &[Load]) -> Result<()> {
    for message in load {
        publish(world.nats.client(), &message.subject, &message.body).await?;
    }
    Ok(())
}

fn begun<'l>(load: impl IntoIterator<Item = &'l Load>) -> BTreeSet<(String, String)> {
    load.into_iter()
        .flat_map(|message| message.begins.clone())
        .collect()
}

/// Every service rebuilds its databases from the healed logs.
async fn healed_logs_are_a_wallet(world: &mut World) -> Result<()> {
    for service in Service::ALL {
        kept::delete(world, service).await?;
        until_all_ended(&world.api).await?;
        world.verify().await?;
    }
    Ok(())
}

/// Waits until every service reports that a shard's stream has lost data.
async fn loss_is_reported(world: &World, shard: u16) -> Result<()> {
    let (http, deadline) = (ready::client()?, Instant::now() + PATIENCE);
    for service in Service::ALL {
        let url = world.stack.service_url(service);
        loop {
            let ready = ready::ask(&http, &url).await?;
            let state = ready.shards.iter().find(|state| state.shard == shard);
            let state = state.with_context(|| format!("{service} has no shard {shard}"))?;
            if state.state == "lost-data" {
                break;
            }
            ensure!(Instant::now() < deadline, "{service} did not notice: {state}");
            sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

async fn run(world: &World, more: &[&str]) -> Result<Output> {
    let [debit, credit] = [Service::Debit, Service::Credit].map(|service| world.stack.service_url(service));
    let args = [&["heal", "--debit", &debit, "--credit", &credit], more].concat();
    world.wallet(&args).await
}

/// Heals, and returns what the tool reports for each stream.
async fn heal(world: &World) -> Result<Vec<Value>> {
    let done = run(world, &["--yes", "--json"]).await?;
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    ensure!(done.status.success(), "{out}{err}");
    println!("{out}");
    let report: Value = serde_json::from_str(&out)?;
    ensure!(report["verified"] != false, "{out}{err}");
    Ok(report["streams"].as_array().context("streams")?.clone())
}

fn sum(streams: &[Value], what: &str) -> u64 {
    streams.iter().filter_map(|stream| stream[what].as_u64()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_stream_is_restored() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let mut world = World::start(database).await?;
        let accounts = accounts(ACCOUNTS)?;
        open_all(&world, &accounts, "50.00").await?;
        let load = requests(&mut random, world.nats.shards().await?, &accounts, 40, AT_ONCE)?;
        send(&world, &load).await?;
        until_all_ended(&world.api).await?;
        world.verify().await?;

        let js = world.nats.jetstream();
        js.delete_stream("WALLET_0").await?;
        loss_is_reported(&world, 0).await?;
        let preview = run(&world, &[]).await?;
        ensure!(
            preview.status.code() == Some(1),
            "without a terminal it must only show the plan"
        );
        let shown = String::from_utf8_lossy(&preview.stdout).into_owned();
        ensure!(
            shown.contains("WALLET_0 does not exist") && shown.contains("store of credit-svc"),
            "{shown}"
        );
        ensure!(js.get_stream("WALLET_0").await.is_err(), "the stream was created");

        let streams = heal(&world).await?;
        ensure!(
            streams[0]["gone"] == true && streams[1]["requests"] == 0,
            "{streams:?}"
        );
        world.verify().await?;
        reckon(&world.api, &accounts, &begun(&load)).await?.check()?;
        ensure!(
            sum(&heal(&world).await?, "requests") == 0,
            "the second run must do nothing"
        );
        ensure!(world.pay("k00", "k01", "0.01").await?.outcome.is_good());
        ensure!(world.pay("k01", "k00", "0.01").await?.outcome.is_good());
        healed_logs_are_a_wallet(&mut world).await?;
        reckon(&world.api, &accounts, &begun(&load)).await?.check()?;
        world.stop().await?;
    }
    Ok(())
}

/// A server comes back with an older copy of its files: the tails of all streams are gone. The ledger had not caught up, so
/// no store has the text of some requests that were carried out, and clients sent more before the loss was noticed.
#[tokio::test(flavor = "multi_thread")]
async fn lost_tails_are_restored() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let mut world = World::start(database).await?;
        let accounts = accounts(ACCOUNTS)?;
        open_all(&world, &accounts, "50.00").await?;
        let load = requests(&mut random, world.nats.shards().await?, &accounts, 60, AT_ONCE)?;
        let (first, rest) = load.split_at(20);
        let (second, rest) = rest.split_at(15);
        let (third, last) = rest.split_at(15);

        send(&world, first).await?;
        world.stack.kill_nats().await?;
        let (files, copy) = (world.dir().join("nats"), world.dir().join("copy"));
        copy_all(&files, &copy)?;
        world.stack.start_nats().await?;
        send(&world, second).await?;
        until_all_ended(&world.api).await?;
        world.stack.kill(Service::Ledger).await?;
        send(&world, third).await?;
        sleep(Duration::from_millis(200 + random.below(1_000))).await;

        world.stack.kill(Service::Debit).await?;
        world.stack.kill(Service::Credit).await?;
        world.stack.kill_nats().await?;
        fs::remove_dir_all(&files)?;
        copy_all(&copy, &files)?;
        world.stack.start_nats().await?;
        send(&world, last).await?;
        // One of the streams soon grows past the position up to which it had been read.
        let shards = world.nats.shards().await?;
        let of_one: Vec<String> = accounts
            .iter()
            .filter(|account| {
                account
                    .parse()
                    .is_ok_and(|account| shards.of(&account) == Shard(0))
            })
            .cloned()
            .collect();
        let single = requests(&mut random, shards, &of_one, GROWN, 1)?;
        send(&world, &single).await?;
        for service in Service::ALL {
            world.stack.start_service(service).await?;
        }
        let streams = heal(&world).await?;
        ensure!(
            sum(&streams, "recalled") > 0 && sum(&streams, "requests") > 0,
            "{streams:?}"
        );
        world.verify().await?;

        // Acknowledged requests that no service had read are in no store. Their clients repeat them, as they must anyway when they
        // hear nothing; everything else is recognized by its id.
        send(&world, &load).await?;
        until_all_ended(&world.api).await?;
        world.verify().await?;
        let reckoning = reckon(&world.api, &accounts, &begun(load.iter().chain(&single))).await?;
        println!("{database:?}: {}", reckoning.text());
        reckoning.check()?;
        // What was put back may be in another order than it was decided in: no database from before is applied to it.
        let copy = Kept::of(&mut world, Service::Debit).await?;
        let refused = kept::delete(&mut world, Service::Debit).await;
        let why = refused.map_or_else(|error| format!("{error:#}"), |()| "it works".to_owned());
        ensure!(why.contains("lost its end and was healed"), "{why}");
        copy.put_back(&mut world).await?;
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_service_that_has_lost_nothing_keeps_its_position() -> Result<()> {
    let world = World::start(None).await?;
    world.open(&["alice"]).await?;
    let debit = Api::debit(&world.stack.service_url(Service::Debit))?;
    let check = |done: Result<(), LedgerError>, expected: &str| {
        let error = done.map_or_else(|error| error.to_string(), |()| "done".to_owned());
        assert!(error.contains(expected), "{error}");
    };
    let far = Position {
        shard: 0,
        position: 1_000_000,
    };
    check(
        debit.go_on(far).await,
        "can continue from its position, which is left unchanged",
    );
    let again = |shard, to, no, recall| Republish {
        shard,
        to,
        events: vec![no],
        recall,
    };
    check(
        debit.publish(&again(0, 0, 4_711, false)).await,
        "debit-svc has no event 4711 on shard 0",
    );
    check(debit.publish(&again(9, 0, 1, false)).await, "no shard 9 here");
    // Its first event, a payment from @world to alice, concerns both.
    let shards = world.nats.shards().await?;
    let (home, hers) = (shards.of(&"@world".parse()?).0, shards.of(&"alice".parse()?).0);
    check(
        debit.publish(&again(home, 7, 1, false)).await,
        "does not belong in shard 7's stream",
    );
    debit.publish(&again(home, hers, 1, false)).await?;
    world.verify().await?;
    world.stop().await
}
