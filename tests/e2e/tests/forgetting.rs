//! Databases that forget: the log decides, so a service whose database is older than its log, or empty, applies what it had decided, and
//! decides nothing again.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::backup::{self, copy_all};
use e2e::instance::{Instance, STANDBY, until};
use e2e::kept::{self, Kept};
use e2e::load::{Traffic, accounts, open_all};
use e2e::proxy::{Line, Proxy};
use e2e::reckoning::{reckon, until_all_ended};
use e2e::{DATABASES, Random, World, id, transfer};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::sleep;
use wallet_contract::shard::Shard;
use wallet_contract::subject::{Service, Verb};
use wallet_db::Target;
use wallet_stack::Database;
use wallet_stack::postgres::Postgres;

const ACCOUNTS: usize = 20;

/// What happens after a copy was made, and what its clients are told who ask again when all has ended.
struct Story {
    asked: Vec<(Verb, &'static str, Value, String)>,
    balances: Vec<String>,
}

/// A payment, one that is refused, a hold that expires, one that is confirmed, and an account that is closed.
async fn live(world: &World) -> Result<Story> {
    let mut asked = Vec::new();
    let mut ask = async |verb, account: &'static str, body: Value| -> Result<()> {
        world.ask(verb, account, body.clone()).await?;
        asked.push((verb, account, body, String::new()));
        Ok(())
    };
    let hold = |seconds: u32| json!({ "id": id(), "to": "bob", "amount": "20.00", "currency": "USD", "expires_in": seconds });
    ask(Verb::Transfer, "alice", transfer("bob", "30.00")).await?;
    ask(Verb::Reserve, "alice", hold(1)).await?;
    let confirmed = hold(60);
    ask(Verb::Reserve, "alice", confirmed.clone()).await?;
    ask(Verb::Confirm, "alice", json!({ "id": confirmed["id"] })).await?;
    ask(Verb::Transfer, "alice", transfer("bob", "1000.00")).await?;
    ask(Verb::Transfer, "carol", transfer("alice", "100.00")).await?;
    ask(Verb::Close, "carol", json!({ "id": id() })).await?;
    ask(Verb::Transfer, "alice", transfer("carol", "1.00")).await?;
    // The hold expires.
    until_all_ended(&world.api).await?;
    for (verb, account, body, told) in &mut asked {
        *told = format!("{:?}", world.ask(*verb, account, body.clone()).await?.outcome);
    }
    Ok(Story {
        asked,
        balances: balances(world).await?,
    })
}

async fn balances(world: &World) -> Result<Vec<String>> {
    let mut balances = Vec::new();
    for account in ["alice", "bob", "carol"] {
        balances.push(world.available(account).await?);
    }
    Ok(balances)
}

impl Story {
    /// Whoever asks again is told the same, the balances are the same, and nobody can spend what is spent.
    async fn holds(&self, world: &World) -> Result<()> {
        until_all_ended(&world.api).await?;
        for (verb, account, body, told) in &self.asked {
            let again = format!("{:?}", world.ask(*verb, account, body.clone()).await?.outcome);
            ensure!(again == *told, "{body}: {again}, and before: {told}");
        }
        assert_eq!(balances(world).await?, self.balances);
        let [alice, ..] = &self.balances[..] else {
            unreachable!("three accounts")
        };
        let more = format!(
            "{}.00",
            alice.split('.').next().unwrap_or_default().parse::<u32>()? + 1
        );
        let refused = world.pay("alice", "bob", &more).await?;
        ensure!(
            !refused.outcome.is_good(),
            "alice has {alice} and has paid {more}"
        );
        world.verify().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_or_an_empty_database_decides_nothing_again() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob", "carol"]).await?;
        let mut kept = Vec::new();
        for service in Service::ALL {
            kept.push(Kept::of(&mut world, service).await?);
        }
        let story = live(&world).await?;
        for copy in kept {
            println!("{database:?}: put back {copy:?}");
            copy.put_back(&mut world).await?;
            story.holds(&world).await?;
        }
        for service in Service::ALL {
            println!("{database:?}: {service} has an empty database");
            kept::delete(&mut world, service).await?;
            story.holds(&world).await?;
        }
        world.stop().await?;
    }
    Ok(())
}

/// A replica follows asynchronously, and lacks the last seconds when the primary dies. It is promoted, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_lacks_the_last_seconds_is_promoted() -> Result<()> {
    let mut random = Random::seeded()?;
    let mut primary = Postgres::start().await?;
    let mut standby = primary.standby().await?;
    let proxy = Proxy::start(primary.address()).await?;
    let database = Database::lasting(Some(&format!("postgres://postgres@{}/", proxy.address())))?;
    let world = World::with(None, |options| options.database = database).await?;
    let accounts = accounts(ACCOUNTS)?;
    open_all(&world, &accounts, "100.00").await?;
    world.open(&["alice", "bob", "carol"]).await?;
    let (stop, stopped) = watch::channel(false);
    let traffic = Traffic::new(random.split(), world.nats.shards().await?, accounts.clone());
    let publishing = tokio::spawn(traffic.run(world.nats.client().clone(), stopped));
    sleep(Duration::from_secs(2)).await;
    standby.kill().await?;
    sleep(Duration::from_secs(2)).await;
    stop.send_replace(true);
    let accepted = publishing.await?.context("the load")?;
    let story = live(&world).await?;
    primary.kill().await?;
    proxy.set(Line::Cut);
    standby.start_again().await?;
    standby.promote().await?;
    proxy.set_target(standby.address());
    proxy.set(Line::Open);
    for service in Service::ALL {
        until(&world.stack.service_url(service), &["\"state\":\"working\""], 2).await?;
    }
    story.holds(&world).await?;
    let people = ["alice", "bob", "carol"].map(str::to_owned);
    let accounts = [&accounts[..], &people].concat();
    reckon(&world.api, &accounts, &accepted.transfers)
        .await?
        .check()?;
    world.stop().await?;
    standby.stop().await
}

/// Runs the service's own `rebuild`, and returns what it says.
async fn rebuild(world: &World, service: Service, more: &[&str]) -> Result<String> {
    let mut program = world.stack.options().program(service)?;
    let done = program.arg("rebuild").args(more).output().await?;
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout).into_owned(),
        String::from_utf8_lossy(&done.stderr).into_owned(),
    );
    ensure!(done.status.success(), "{service}: {}\n{out}{err}", done.status);
    Ok(out)
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_are_rebuilt_under_load_and_put_into_service() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let world = World::start(database).await?;
        let accounts = accounts(ACCOUNTS)?;
        open_all(&world, &accounts, "100.00").await?;
        let (stop, stopped) = watch::channel(false);
        let traffic = Traffic::new(random.split(), world.nats.shards().await?, accounts.clone());
        let publishing = tokio::spawn(traffic.run(world.nats.client().clone(), stopped));
        sleep(Duration::from_secs(2)).await;
        for service in Service::ALL {
            let told = rebuild(&world, service, &[]).await?;
            ensure!(told.matches("all as in the live database").count() == 2, "{told}");
            let told = rebuild(&world, service, &["--shard", "1", "--swap"]).await?;
            ensure!(told.contains("the rebuilt database is in service"), "{told}");
            println!("{database:?}: {told}");
        }
        stop.send_replace(true);
        let accepted = publishing.await?.context("the load")?;
        until_all_ended(&world.api).await?;
        world.verify().await?;
        reckon(&world.api, &accounts, &accepted.transfers)
            .await?
            .check()?;
        for service in Service::ALL {
            let told = rebuild(&world, service, &[]).await?;
            ensure!(told.matches("all as in the live database").count() == 2, "{told}");
        }
        world.stop().await?;
    }
    Ok(())
}

/// After an upgrade that changes what the rules make of a log, a service asks for its databases to be rebuilt.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_other_rules_made_are_rebuilt() -> Result<()> {
    for database in DATABASES {
        let mut world = World::start(database).await?;
        world.open(&["alice", "bob"]).await?;
        for service in Service::ALL {
            let options = world.stack.options();
            let pool = open(&options.database.url(service, &options.dir)?, service).await?;
            world.stack.stop_service(service).await?;
            pool.acquire()
                .await?
                .execute("UPDATE progress SET fold = 0", &[])
                .await?;
            pool.close().await;
            let refused = world.stack.start_service(service).await;
            let why = refused.map_or_else(|error| format!("{error:#}"), |()| "it works".to_owned());
            ensure!(
                why.contains(&format!("`{service} rebuild --swap`")),
                "{database:?}: {why}"
            );
            world.stack.stop_service(service).await?;
            rebuild(&world, service, &["--swap"]).await?;
            world.stack.start_service(service).await?;
        }
        ensure!(world.pay("alice", "bob", "1.00").await?.outcome.is_good());
        world.verify().await?;
        world.stop().await?;
    }
    Ok(())
}

/// The row of a lease is changed under the feet of two instances, so that both believe that they hold it, in turn.
#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_lies_forks_nothing() -> Result<()> {
    let mut random = Random::seeded()?;
    for database in DATABASES {
        let world = World::start(database).await?;
        let accounts = accounts(ACCOUNTS)?;
        open_all(&world, &accounts, "100.00").await?;
        let (stop, stopped) = watch::channel(false);
        let traffic = Traffic::new(random.split(), world.nats.shards().await?, accounts.clone());
        let publishing = tokio::spawn(traffic.run(world.nats.client().clone(), stopped));
        for service in Service::ALL {
            let spare = Instance::second(&world, service)?;
            spare.until_both(STANDBY).await?;
            let options = world.stack.options();
            let url = options.database.url(service, &options.dir)?;
            let pool = open(&url, service).await?;
            for _ in 0..6 {
                let mut db = pool.acquire().await?;
                db.execute("UPDATE progress SET expires_us = 0", &[]).await?;
                drop(db);
                sleep(Duration::from_millis(100 + random.below(900))).await;
            }
            pool.close().await;
            spare.kill().await?;
            until(&world.stack.service_url(service), &["\"state\":\"working\""], 2).await?;
        }
        stop.send_replace(true);
        let accepted = publishing.await?.context("the load")?;
        until_all_ended(&world.api).await?;
        world.verify().await?;
        reckon(&world.api, &accounts, &accepted.transfers)
            .await?
            .check()?;
        world.stop().await?;
    }
    Ok(())
}

async fn open(url: &str, service: Service) -> Result<wallet_db::Pool> {
    use wallet_db::sql_store::Tables;
    let migrations = match service {
        Service::Debit => debit_svc::Tables::MIGRATIONS,
        Service::Credit => credit_svc::Tables::MIGRATIONS,
        Service::Ledger => ledger_svc::Tables::MIGRATIONS,
    };
    Ok(Target::new(url, Shard(0)).open(migrations).await?)
}

/// The streams of two shards come back from different instants: the log of one lacks decisions whose copies the other has. With the
/// databases gone, too, only the copies can tell.
#[tokio::test(flavor = "multi_thread")]
async fn streams_of_different_instants_are_noticed_before_anything_is_decided() -> Result<()> {
    let mut world = World::start(None).await?;
    let shards = world.nats.shards().await?;
    let names = accounts(ACCOUNTS)?;
    let on = |shard: u16| {
        let mut there = names.iter().filter(|name| {
            name.parse()
                .is_ok_and(|account| shards.of(&account) == Shard(shard))
        });
        there.next().cloned().context("an account on each shard")
    };
    let (payer, payee) = (on(0)?, on(1)?);
    open_all(&world, &[payer.clone(), payee.clone()], "50.00").await?;
    until_all_ended(&world.api).await?;
    backup::stop(&mut world).await?;
    let older = world.dir().join("older");
    copy_all(&world.dir().join("nats"), &older)?;
    backup::start(&mut world).await?;
    ensure!(world.pay(&payer, &payee, "10.00").await?.outcome.is_good());
    until_all_ended(&world.api).await?;
    backup::stop(&mut world).await?;
    let streams = |root: &std::path::Path| root.join("jetstream/$G/streams/WALLET_0");
    let live = streams(&world.dir().join("nats"));
    fs::remove_dir_all(&live)?;
    copy_all(&streams(&older), &live)?;
    for entry in fs::read_dir(world.dir())? {
        let file = entry?.path();
        if file.to_string_lossy().contains(".db") {
            fs::remove_file(file)?;
        }
    }
    world.stack.start_nats().await?;
    for service in Service::ALL {
        world.stack.spawn_service(service)?;
    }
    let before = world.nats.jetstream().get_stream("WALLET_0").await?;
    let decided = "wallet.0.evt.debit.0";
    let last = before.get_last_raw_message_by_subject(decided).await?.sequence;
    // A second payment, which debit-svc would decide on if it had noticed nothing.
    let body = transfer(&payee, "1.00").to_string();
    world
        .nats
        .request(Verb::Transfer, &payer.parse()?, body, None)
        .await?;
    until(&world.stack.service_url(Service::Debit), &["lost-data"], 1).await?;
    sleep(Duration::from_secs(3)).await;
    let text = reqwest::get(format!("{}/readyz", world.stack.service_url(Service::Debit)))
        .await?
        .text()
        .await?;
    ensure!(
        text.contains("lacks an event that the log of shard 1 has"),
        "{text}"
    );
    let mut own = Vec::new();
    let end = before.get_info().await?.state.last_sequence;
    for sequence in last + 1..=end {
        let message = before.get_raw_message(sequence).await?;
        if message.subject.as_str() == decided && &*message.payload != b"[]" {
            own.push(String::from_utf8_lossy(&message.payload).into_owned());
        }
    }
    ensure!(own.is_empty(), "debit-svc has decided: {own:?}");
    world.stop().await
}
