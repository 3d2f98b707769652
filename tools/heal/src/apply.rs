//! Executes a plan. An interrupted run can be repeated: whatever is already back is no longer missing.

use std::time::Duration;

use anyhow::{Context as _, Result};
use async_nats::HeaderMap;
use futures_util::future::try_join_all;
use indicatif::ProgressBar;
use tokio::time::{Instant, sleep};
use wallet_client::api::healing::{Position, Republish};
use wallet_client::connect::Connection;

use super::order::{self, Run};
use super::plan::{Item, Plan, Publish, Stored};
use super::read::Services;

/// How many items are in flight at once; less than a service publishes per request.
const AT_ONCE: usize = 500;
/// How many positions are filled per request.
const FILLED_AT_ONCE: u64 = 10_000;
/// Timeout for the services to continue.
const RESUME_WITHIN: Duration = Duration::from_secs(20);
/// The polling interval.
const POLL: Duration = Duration::from_millis(200);

/// Heals all streams. No service continues before everything is back, because its later decisions may depend on any of it.
pub async fn apply(
    plans: &[Plan],
    connection: &Connection,
    services: &Services,
    bar: &ProgressBar,
) -> Result<()> {
    for (shard, plan) in (0..).zip(plans) {
        reach(shard, plan, services).await?;
    }
    for run in order::runs(plans, AT_ONCE) {
        publish(run, connection, services).await?;
        bar.inc(u64::try_from(run.items.len()).unwrap_or_default());
    }
    for (shard, plan) in (0..).zip(plans) {
        let position = plan.reach;
        for service in &plan.moved {
            services.of(*service).go_on(Position { shard, position }).await?;
        }
    }
    Ok(())
}

/// Makes a shard's stream reach to where items go back.
async fn reach(shard: u16, plan: &Plan, services: &Services) -> Result<()> {
    let (_, first) = &services.each[0];
    if plan.gone {
        let position = plan.reach;
        return Ok(first.reach(Position { shard, position }).await?);
    }
    let mut position = plan.reach.saturating_sub(plan.fill);
    while position < plan.reach {
        position = plan.reach.min(position.saturating_add(FILLED_AT_ONCE));
        first.reach(Position { shard, position }).await?;
    }
    Ok(())
}

/// Puts a run back; on return, all of it is durable.
async fn publish(run: Run<'_>, connection: &Connection, services: &Services) -> Result<()> {
    let Run { shard, items } = run;
    let requests = items.iter().filter_map(|item| match item {
        Item::Request(request) => Some(request),
        Item::Recalled(_) | Item::Event(_) => None,
    });
    let sent: Vec<&Publish> = requests.collect();
    if !sent.is_empty() {
        return send(&sent, connection).await;
    }
    let stored = items.iter().filter_map(|item| match item {
        Item::Recalled(at) | Item::Event(at) => Some(*at),
        Item::Request(_) => None,
    });
    let stored: Vec<Stored> = stored.collect();
    let Some(at) = stored.first() else { return Ok(()) };
    let again = Republish {
        shard: at.shard,
        to: shard,
        events: stored.iter().map(|at| at.no).collect(),
        recall: matches!(items.first(), Some(Item::Recalled(_))),
    };
    Ok(services.of(at.service).publish(&again).await?)
}

async fn send(requests: &[&Publish], connection: &Connection) -> Result<()> {
    let mut acknowledged = Vec::with_capacity(requests.len());
    for request in requests {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.insert(*name, value.as_str());
        }
        let body = request.body.clone().into();
        let sent = connection
            .jetstream()
            .publish_with_headers(request.subject.clone(), headers, body);
        acknowledged.push(sent.await?.into_future());
    }
    let done = try_join_all(acknowledged).await;
    done.map(|_| ()).with_context(|| {
        let subject = &requests[0].subject;
        format!("requests such as on {subject} can't be restored (this needs an operator's NATS user): run `wallet heal` again to continue")
    })
}

/// Waits until every service works on every shard again.
pub async fn until_working(services: &Services) -> Result<()> {
    let deadline = Instant::now() + RESUME_WITHIN;
    for (service, api) in &services.each {
        loop {
            let store = api.store().await?;
            let idle = store
                .shards
                .iter()
                .find(|shard| shard.state != "working" && shard.state != "standby");
            let Some(idle) = idle else { break };
            if Instant::now() > deadline {
                anyhow::bail!(
                    "{service} has not resumed shard {} ({}): see {}/readyz",
                    idle.shard,
                    idle.state,
                    api.url()
                );
            }
            sleep(POLL).await;
        }
    }
    Ok(())
}
