//! What services find when they come back: half of a transfer, more items than are examined one by one, messages that wait for
//! a parked one.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{World, id, of_a_later_version, transfer, wait};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use wallet_client::api::{Api, Phases};
use wallet_contract::subject::{Service, Verb, envelopes};

use super::ran;
use super::story::until_ended;

/// Interval between two conservation checks.
const CONSERVATION: Duration = Duration::from_secs(5);
/// Time for more checks than needed: each catches a payment between two shards with a probability of perhaps one in four.
const CHECKS_WITHIN: Duration = Duration::from_mins(3);
/// Interval between two messages of payments: even, so that some payments are always under way, and long enough for the
/// conservation check to run.
const BETWEEN: Duration = Duration::from_millis(12);
/// More than the ledger examines one by one when it counts stuck transfers, and more than a chart draws line by line.
const STUCK: usize = 1_100;
/// More than a list examines, in messages of as many requests as one may hold.
const REFUSED: [usize; 3] = [10_000, 10_000, 100];

/// The ledger is down while a reservation is confirmed, and hears of its end in one batch.
pub(super) async fn the_ledger_is_stopped(world: &mut World) -> Result<()> {
    let mut confirmed = Vec::new();
    for amount in [json!({}), json!({ "amount": "1.00", "currency": "USD" })] {
        let body = transfer("dave", "2.00");
        let mut confirm = amount;
        confirm["id"] = body["id"].clone();
        world.ask(Verb::Reserve, "carol", body).await?;
        confirmed.push(confirm);
    }
    world.stack.stop_service(Service::Ledger).await?;
    for confirm in &confirmed {
        world
            .nats
            .request(Verb::Confirm, &"carol".parse()?, confirm.to_string(), None)
            .await?;
    }
    let debit = Api::debit(&world.stack.service_url(Service::Debit))?;
    for confirm in &confirmed {
        let id = confirm["id"].as_str().context("an id")?.parse()?;
        let phases = async || Ok(debit.phases(id, None).await?.phases);
        let completed = |phases: &Vec<Phases>| phases.first().is_some_and(|known| known.phase == "completed");
        wait::until("the ledger has missed all of it", phases, completed).await?;
    }
    world.stack.start_service(Service::Ledger).await?;
    for confirm in confirmed {
        until_ended(world, confirm["id"].as_str().context("an id")?).await?;
    }
    Ok(())
}

/// Conservation is checked while payments are between two shards. Each is there for a few milliseconds only, so it takes
/// several checks.
pub(super) async fn money_is_in_transit(world: &World) -> Result<()> {
    const BOOKED_BY_ONE: &str =
        "SELECT r.id, b.currency, b.amount FROM k CROSS JOIN record AS r CROSS JOIN booking AS b";
    world.pay("@world", "carol", "1000.00").await?;
    let deadline = Instant::now() + CHECKS_WITHIN;
    loop {
        let checked_at = Instant::now() + CONSERVATION;
        let mut last = String::new();
        while Instant::now() < checked_at {
            let bodies = ["alice", "bob", "max", "Mia"].map(|to| transfer(to, "0.01"));
            last = send(world, "carol", &bodies).await?;
            sleep(BETWEEN).await;
        }
        until_ended(world, &last).await?;
        let ran = ran::statements(world)?;
        if ran
            .iter()
            .any(|(sql, rows)| sql.starts_with(BOOKED_BY_ONE) && *rows > 0)
        {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "no check found a payment in transit between two shards"
        );
    }
}

/// More are stuck than are examined.
pub(super) async fn many_are_stuck(world: &mut World) -> Result<()> {
    world.stack.kill(Service::Credit).await?;
    let many: Vec<Value> = (0..STUCK).map(|_| transfer("dave", "0.01")).collect();
    let last = send(world, "carol", &many).await?;
    let stuck = async || Ok(usize::try_from(world.api.health().await?.stuck)?);
    wait::until("they are stuck", stuck, |stuck| *stuck >= STUCK).await?;
    world.stack.start_service(Service::Credit).await?;
    until_ended(world, &last).await
}

/// More transfers are refused than a list examines.
pub(super) async fn many_are_refused(world: &World) -> Result<()> {
    let mut last = String::new();
    for many in REFUSED {
        let bodies: Vec<Value> = (0..many).map(|_| json!({ "id": id(), "to": "dave" })).collect();
        last = send(world, "carol", &bodies).await?;
    }
    until_ended(world, &last).await
}

/// An operator's request waits for a parked event, and so does its account. Then the event is resolved.
pub(super) async fn an_account_waits(world: &mut World) -> Result<()> {
    world.stack.kill(Service::Credit).await?;
    let blocked = send(world, "alice", &[transfer("bob", "0.01")]).await?;
    let events = async || {
        let flow = world.api.transfer(blocked.parse()?, None).await;
        Ok(flow.ok().flatten().map_or(0, |flow| flow.events.len()))
    };
    wait::until("it is debited", events, |events| *events == 2).await?;
    let home = world.nats.shards().await?.of(&"alice".parse()?);
    let event = of_a_later_version(&blocked, home);
    world
        .nats
        .put(&envelopes(home, Service::Credit, home), Vec::new(), event)
        .await?;
    let those = async || waiting(world, &blocked).await;
    let those = wait::until("it is parked", those, |those| those.len() == 2).await?;
    world.get(&format!("/flows/{blocked}")).await?;

    let freeze = json!({ "id": blocked }).to_string();
    world
        .nats
        .request(Verb::Freeze, &"alice".parse()?, freeze, None)
        .await?;
    let all = async || waiting(world, &blocked).await;
    wait::until("its freeze waits", all, |all| all.len() > those.len()).await?;
    for service in Service::ALL {
        world.stack.stop_service(service).await?;
        world.stack.start_service(service).await?;
    }
    for event in those {
        let done = world
            .wallet(&["parked", "discard", &event, "--reason", "gilded"])
            .await?;
        let stderr = String::from_utf8_lossy(&done.stderr);
        ensure!(done.status.success(), "{stderr}");
    }
    until_ended(world, &blocked).await
}

/// The parked messages of a transfer.
async fn waiting(world: &World, transfer: &str) -> Result<Vec<String>> {
    let rows = world.api.parked(false).await?.into_iter();
    let of_it = rows.filter(|row| row.transfer.is_some_and(|id| id.to_string() == transfer));
    Ok(of_it.map(|row| row.id).collect())
}

/// Sends requests in one message, and returns the id of the last.
async fn send(world: &World, from: &str, bodies: &[Value]) -> Result<String> {
    let body = json!(bodies).to_string();
    world
        .nats
        .request(Verb::Transfer, &from.parse()?, body, None)
        .await?;
    let last = bodies.last().and_then(|body| body["id"].as_str());
    Ok(last.context("an id")?.to_owned())
}
