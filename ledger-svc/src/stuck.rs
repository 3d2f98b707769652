//! Stuck flows: not ended, and not heard of for longer than a set time. They are looked up when asked for, and stored nowhere.

use std::sync::Arc;
use std::time::Duration;

use tracing::debug;
use wallet_contract::ready::Ready;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::status::Status;
use wallet_db::{Db, Result};
use wallet_runtime::metrics::Gauges;
use wallet_runtime::running::Running;
use wallet_view::expected;
use wallet_view::flow::{Expected, Flow as FlowJson, Stuck, WaitsFor};

use crate::flows::list::{self, Found};
use crate::flows::{Flow, steps};

/// The time between two updates of the metrics.
const LOOK: Duration = Duration::from_secs(2);
/// How many flows of a shard are checked one by one.
pub(crate) const LISTED: i64 = 1_000;
/// Stuck flows of a shard are counted up to this number: more would not change what to do.
const COUNTED: i64 = 10_000;

/// What is known of the wallet when flows are checked.
#[derive(Debug)]
pub(crate) struct Look {
    /// A flow last heard of after this time is not stuck, in microseconds.
    pub(crate) deadline_us: i64,
    shards: Shards,
    /// What the services report about themselves.
    roll: Vec<Ready>,
}

impl Look {
    /// What is known now.
    pub(crate) fn now(running: &Running) -> Self {
        let allowed = i64::try_from(running.settings.stuck_after.as_micros()).unwrap_or(i64::MAX);
        Self {
            deadline_us: (running.clock)().as_microsecond().saturating_sub(allowed),
            shards: running.settings.shards,
            roll: running.roll.get(),
        }
    }

    /// Whether a flow can be stuck at all. This is decided before its events are looked up.
    fn may_be_stuck(&self, flow: &Flow) -> bool {
        flow.is_running() && flow.started_us <= self.deadline_us
    }

    /// Marks a flow with events as stuck, if it is, with what it waits for.
    pub(crate) fn mark(&self, flow: &mut Flow) {
        if !flow.is_running() {
            return;
        }
        let json = &flow.json;
        let last = json.events.iter().map(|event| event.recorded_at).max();
        let since = last.unwrap_or(json.started_at);
        if since.as_microsecond() <= self.deadline_us {
            let missing = self.expected(json).pop();
            let waits_for = missing.and_then(|missing| waits_for(json, missing));
            flow.json.stuck = Some(Stuck { since, waits_for });
        }
    }

    /// The expected events and the services they must come from; if the message that calls for one cannot be delivered to that service,
    /// the service that should deliver it.
    pub(crate) fn expected(&self, json: &FlowJson) -> Vec<Expected> {
        let mut expected = expected::of(json, self.shards);
        for expected in &mut expected {
            if let Some(why) = self.withheld(json, expected) {
                let cannot = format!("publish to shard {}: {why}", expected.shard);
                expected.waits_for_publisher(json, cannot);
            }
        }
        expected
    }

    /// Why a message does not get from its log into the log of the service that should react to it.
    fn withheld(&self, json: &FlowJson, expected: &Expected) -> Option<&str> {
        let after = json.events.iter().find(|event| event.id == expected.after)?;
        if after.shard == expected.shard {
            return None;
        }
        let (service, shard) = after.decided_by_service()?;
        let theirs = self.roll.iter().filter(|ready| ready.service == service);
        let mut why = theirs.filter_map(|ready| ready.on(shard)?.unpublished.get(&expected.shard));
        why.next().map(String::as_str)
    }
}

fn waits_for(json: &FlowJson, missing: Expected) -> Option<WaitsFor> {
    let after = json.events.iter().find(|event| event.id == missing.after)?;
    Some(WaitsFor {
        after: after.kind.clone(),
        service: missing.service,
        shard: missing.shard,
        events: missing.events,
        cannot: missing.cannot,
    })
}

/// The stuck flows of a shard after a place, oldest first, among the next `looked_at` of its running ones.
pub(crate) async fn of_shard(
    db: &mut Db,
    shard: Shard,
    look: &Look,
    after: i64,
    looked_at: i64,
) -> Result<Found> {
    let running = list::running(db, look.deadline_us, after, looked_at).await?;
    Ok(Found {
        flows: those(db, running.flows, shard, look).await?,
        left_off: running.left_off,
    })
}

/// Marks the flows of all shards that are stuck, with what they wait for, from each shard's database in shard order.
pub(crate) async fn mark(running: &Running, dbs: &mut [Db], flows: &mut [Flow]) -> Result<()> {
    let (look, shards) = (Look::now(running), running.settings.shards);
    let home = |flow: &Flow| flow.payer().parse().ok().map(|payer| shards.of(&payer));
    for (shard, db) in shards.all().zip(dbs) {
        let here = |flow: &&mut Flow| look.may_be_stuck(flow) && home(flow) == Some(shard);
        let (places, mut copies): (Vec<&mut Flow>, Vec<Flow>) = flows
            .iter_mut()
            .filter(here)
            .map(|flow| {
                let copy = flow.clone();
                (flow, copy)
            })
            .unzip();
        if copies.is_empty() {
            continue;
        }
        steps::add_events(db, shard.0, &mut copies).await?;
        for (place, mut copy) in places.into_iter().zip(copies) {
            look.mark(&mut copy);
            place.json.stuck = copy.json.stuck;
        }
    }
    Ok(())
}

/// Which of these flows are stuck.
async fn those(db: &mut Db, mut flows: Vec<Flow>, shard: Shard, look: &Look) -> Result<Vec<Flow>> {
    steps::add_events(db, shard.0, &mut flows).await?;
    for flow in &mut flows {
        look.mark(flow);
        flow.json.events.clear();
    }
    flows.retain(|flow| flow.json.stuck.is_some());
    Ok(flows)
}

/// Keeps the metrics of this instance's shards up to date, until the process ends.
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
                    debug!(%shard, "no figures for shard {shard}: {error}");
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn figures(running: &Running, shard: Shard, db: Result<Db>) -> Result<(i64, i64)> {
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
    /// Whether there may be more: the count stops at this number.
    pub(crate) or_more: bool,
}

/// How many flows of a shard are stuck.
pub(crate) async fn count(db: &mut Db, running: &Running, shard: Shard) -> Result<Count> {
    let look = Look::now(running);
    let oldest = list::running(db, look.deadline_us, 0, LISTED).await?;
    let flows = if oldest.left_off.is_some() {
        // In a backlog, checking each flow would cost too much, and nearly all that began so long ago are stuck.
        list::running_count(db, look.deadline_us, COUNTED).await?
    } else {
        let stuck = those(db, oldest.flows, shard, &look).await?;
        i64::try_from(stuck.len()).unwrap_or(i64::MAX)
    };
    Ok(Count {
        flows,
        or_more: flows >= COUNTED,
    })
}
