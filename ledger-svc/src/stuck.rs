//! Flows that keep still: not ended, and nothing heard of them for longer than a set time. Looked up when asked for, stored
//! nowhere.

use std::sync::Arc;
use std::time::Duration;

use tracing::debug;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::status::Status;
use wallet_runtime::db::Db;
use wallet_runtime::metrics::Gauges;
use wallet_runtime::program::Running;
use wallet_view::expected;
use wallet_view::flow::{Expected, Flow as Told, Stuck, WaitsFor};

use crate::flows::list::{self, Found};
use crate::flows::{Flow, steps};

/// Between two looks for the metrics.
const LOOK: Duration = Duration::from_secs(2);
/// How many flows of a shard are looked at one by one.
pub(crate) const LISTED: i64 = 1_000;
/// Stuck flows of a shard are counted up to this: so many are more than enough to look.
const COUNTED: i64 = 10_000;

/// From when on a flow that was last heard of is not stuck, microseconds.
pub(crate) fn deadline(running: &Running) -> i64 {
    let allowed = i64::try_from(running.settings.stuck_after.as_micros()).unwrap_or(i64::MAX);
    (running.clock)().as_microsecond().saturating_sub(allowed)
}

/// Says of a flow with its events whether it is stuck, and with whom.
pub(crate) fn mark(flow: &mut Flow, shards: Shards, deadline_us: i64) {
    if !flow.is_running() {
        return;
    }
    let told = &flow.told;
    let last = told.events.iter().map(|event| event.recorded_at).max();
    let since = last.unwrap_or(told.started_at);
    if since.as_microsecond() <= deadline_us {
        let missing = expected::of(told, shards).pop();
        let waits_for = missing.and_then(|missing| waits_for(told, &missing));
        flow.told.stuck = Some(Stuck { since, waits_for });
    }
}

fn waits_for(told: &Told, missing: &Expected) -> Option<WaitsFor> {
    let after = told.events.iter().find(|event| event.id == missing.after)?;
    Some(WaitsFor {
        after: after.kind.clone(),
        service: missing.service.clone(),
        shard: missing.shard,
        events: missing.events.clone(),
        cannot: missing.cannot.clone(),
    })
}

/// The stuck flows of a shard behind a place, oldest first: those among the next `looked_at` of its running ones.
pub(crate) async fn of_shard(
    db: &mut Db,
    shard: Shard,
    shards: Shards,
    deadline_us: i64,
    after: i64,
    looked_at: i64,
) -> sqlx::Result<Found> {
    let running = list::running(db, deadline_us, after, looked_at).await?;
    Ok(Found {
        flows: those(db, running.flows, shard, shards, deadline_us).await?,
        left_off: running.left_off,
    })
}

/// Which of these flows are stuck.
async fn those(
    db: &mut Db,
    mut flows: Vec<Flow>,
    shard: Shard,
    shards: Shards,
    deadline_us: i64,
) -> sqlx::Result<Vec<Flow>> {
    steps::add_events(db, shard.0, &mut flows).await?;
    for flow in &mut flows {
        mark(flow, shards, deadline_us);
        flow.told.events.clear();
    }
    flows.retain(|flow| flow.told.stuck.is_some());
    Ok(flows)
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
            match figures(&running, *shard, pool.acquire().await).await {
                Ok((still, all)) => {
                    stuck.set(*shard, still);
                    in_flight.set(*shard, all);
                }
                Err(error) => {
                    stuck.clear(*shard);
                    in_flight.clear(*shard);
                    debug!(%shard, "no figures of shard {shard}: {error}");
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn figures(running: &Running, shard: Shard, db: sqlx::Result<Db>) -> sqlx::Result<(i64, i64)> {
    let mut db = db?;
    let stuck = count(&mut db, running, shard).await?;
    let in_flight = list::tally(&mut db).await?.into_iter();
    let in_flight = in_flight.filter(|(status, _)| status == Status::Running.word());
    Ok((stuck.flows, in_flight.map(|(_, flows)| flows).sum()))
}

/// How many flows are stuck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) flows: i64,
    /// Whether there may be more: beyond that they are not counted.
    pub(crate) or_more: bool,
}

/// How many are stuck on a shard.
pub(crate) async fn count(db: &mut Db, running: &Running, shard: Shard) -> sqlx::Result<Count> {
    let (shards, deadline_us) = (running.settings.shards, deadline(running));
    let oldest = list::running(db, deadline_us, 0, LISTED).await?;
    let flows = if oldest.left_off.is_some() {
        // A backlog is the wrong time to look at each: nearly all that began so long ago are stuck.
        list::running_count(db, deadline_us, COUNTED).await?
    } else {
        let stuck = those(db, oldest.flows, shard, shards, deadline_us).await?;
        i64::try_from(stuck.len()).unwrap_or(i64::MAX)
    };
    Ok(Count {
        flows,
        or_more: flows >= COUNTED,
    })
}
