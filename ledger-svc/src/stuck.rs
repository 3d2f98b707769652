//! Flows that keep still: not ended, and nothing heard of them for longer than a set time. Looked up when asked for, stored
//! nowhere.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tracing::debug;
use wallet_contract::choreography::{Expected, Party, Step, waits_for};
use wallet_contract::id::AccountId;
use wallet_contract::shard::Shards;
use wallet_runtime::db::{Arg, Db};
use wallet_runtime::metrics::Gauges;
use wallet_runtime::program::Running;
use wallet_runtime::reading::time;

use crate::flows::{self, Flow};

/// Between two looks for the metrics.
const LOOK: Duration = Duration::from_secs(2);
/// How many flows of a shard are looked at one by one.
const AT_MOST: i64 = 1_000;

/// Why a flow is stuck.
#[derive(Debug, Serialize)]
pub(crate) struct Stuck {
    /// When something was last heard of it.
    since: String,
    /// What nothing has followed, if the choreography knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsFor>,
}

#[derive(Debug, Serialize)]
struct WaitsFor {
    service: &'static str,
    shard: u16,
    /// The type of the event, or request, that it has not reacted to.
    after: String,
    /// One of these must come.
    events: &'static [&'static str],
}

/// From when on a flow that was last heard of is not stuck, microseconds.
pub(crate) fn deadline(running: &Running) -> i64 {
    let allowed = i64::try_from(running.settings.stuck_after.as_micros()).unwrap_or(i64::MAX);
    (running.clock)().as_microsecond().saturating_sub(allowed)
}

/// Says of a flow whether it is stuck, and with whom.
pub(crate) async fn mark(db: &mut Db, shards: Shards, flow: &mut Flow, deadline_us: i64) -> sqlx::Result<()> {
    if flow.is_running() && flow.started_us <= deadline_us {
        let steps = flows::steps::steps(db, flow).await?;
        let last_us = steps
            .iter()
            .map(|heard| heard.at_us)
            .max()
            .unwrap_or(flow.started_us);
        if last_us <= deadline_us {
            let only: Vec<Step> = steps.iter().map(|heard| heard.step.clone()).collect();
            let missing = waits_for(&only).map(|(place, expected)| (steps[place].kind.clone(), expected));
            flow.stuck = Some(Stuck {
                since: time(last_us),
                waits_for: missing.and_then(|(after, expected)| named(flow, shards, after, expected)),
            });
        }
    }
    Ok(())
}

fn named(flow: &Flow, shards: Shards, after: String, expected: Expected) -> Option<WaitsFor> {
    let account = match expected.of {
        Party::Payer => flow.payer(),
        Party::Payee => flow.payee()?,
    };
    let account: AccountId = account.parse().ok()?;
    Some(WaitsFor {
        service: expected.by.name(),
        shard: shards.of(&account).0,
        after,
        events: expected.kinds,
    })
}

/// The stuck flows of a shard, oldest first; and whether there may be more than those that were looked at.
pub(crate) async fn of_shard(
    db: &mut Db,
    shards: Shards,
    deadline_us: i64,
) -> sqlx::Result<(Vec<Flow>, bool)> {
    let mut flows = flows::list::running(db, deadline_us, AT_MOST).await?;
    let more = i64::try_from(flows.len()).is_ok_and(|found| found == AT_MOST);
    for flow in &mut flows {
        mark(db, shards, flow, deadline_us).await?;
    }
    flows.retain(|flow| flow.stuck.is_some());
    Ok((flows, more))
}

/// Keeps the metrics of the shards on which this instance works true, until the process ends.
pub(crate) async fn watch(running: Arc<Running>, stuck: Gauges, in_flight: Gauges) {
    loop {
        let board = running.board.read();
        for (shard, pool) in &running.pools {
            if !board.get(shard).is_some_and(|(state, _)| state.is_working()) {
                stuck.clear(*shard);
                in_flight.clear(*shard);
                continue;
            }
            match figures(&running, pool.acquire().await).await {
                Ok((still, all)) => {
                    stuck.set(*shard, still);
                    in_flight.set(*shard, all);
                }
                Err(error) => debug!(%shard, "no figures of shard {shard}: {error}"),
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn figures(running: &Running, db: sqlx::Result<Db>) -> sqlx::Result<(i64, i64)> {
    let (mut db, deadline_us) = (db?, deadline(running));
    let (stuck, more) = of_shard(&mut db, running.settings.shards, deadline_us).await?;
    let still = if more {
        // Too many to look at each: nearly all that began so long ago are.
        count(&mut db, deadline_us).await?
    } else {
        i64::try_from(stuck.len()).unwrap_or(i64::MAX)
    };
    Ok((still, count(&mut db, i64::MAX).await?))
}

async fn count(db: &mut Db, began_us: i64) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM flow WHERE ended_us IS NULL AND status = 'running' AND started_us <= $1";
    let rows = db.query(sql, &[Arg::Int(began_us)]).await?;
    rows.first().map_or(Ok(0), |row| row.int(0))
}

/// The stuck flows of all shards, oldest first.
pub(crate) async fn all(running: &Running) -> sqlx::Result<Vec<Flow>> {
    let (mut found, deadline_us) = (Vec::new(), deadline(running));
    for (_, pool) in &running.pools {
        let mut db = pool.acquire().await?;
        found.extend(of_shard(&mut db, running.settings.shards, deadline_us).await?.0);
    }
    found.sort_by_key(|flow| flow.started_us);
    Ok(found)
}
