//! Plays a plan: its steps in order, then no more faults until everything is quiet.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use wallet_contract::shard::Shard;
use wallet_contract::subject::envelopes;

use crate::bus::shard_of;
use crate::check::Breach;
use crate::coverage::Coverage;
use crate::fault::sites;
use crate::history::History;
use crate::mutation::Mutation;
use crate::plan::{Plan, Step};
use crate::world::World;

/// How often to check whether everything is quiet.
const LOOK: Duration = Duration::from_millis(250);
/// How many checks at most: longer than any instance is down, any lease lasts and any publish waits.
const LOOKS: u32 = 240;
/// Longer than any reservation holds, in microseconds: more than the default of a week.
const PAST_EVERY_EXPIRY_US: i64 = 8 * 24 * 3600 * 1_000_000;
/// How often operators retry the parked messages: a retried message can release another one.
const RETRIES: u32 = 8;
/// More than one spare instance adds nothing.
const INSTANCES: usize = 3;

/// The result of a plan.
#[derive(Debug)]
pub struct Played {
    /// The first violated invariant.
    pub breach: Option<Breach>,
    /// The history.
    pub history: History,
    /// Which cells were reached.
    pub coverage: Coverage,
    /// Number of transfers that ended.
    pub transfers: u64,
    /// Number of steps taken.
    pub steps: usize,
}

/// Plays a plan, with the program as it is or with a mutation.
pub fn play(plan: &Plan, mutation: Option<Mutation>) -> Played {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("a runtime without I/O needs nothing that could fail");
    runtime.block_on(async {
        let world = World::new(plan, mutation);
        for site in sites() {
            world.start(site);
        }
        let mut steps = 0;
        for step in &plan.steps {
            take(&world, step).await;
            steps += 1;
            if world.is_broken() {
                break;
            }
        }
        if !world.is_broken() {
            calm_down(&world).await;
        }
        let (history, coverage, breach, transfers) = world.finish();
        Played {
            breach,
            history,
            coverage,
            transfers,
            steps,
        }
    })
}

async fn take(world: &Arc<World>, step: &Step) {
    if !matches!(step, Step::Ask { .. } | Step::Wait { .. }) {
        world.note(step.to_string());
    }
    match step {
        Step::Ask { subject, payload } => {
            let shard = shard_of(subject);
            let published = world.store(shard, subject.clone(), payload.clone().into());
            world.acknowledge(shard, published);
            sleep(Duration::from_millis(1)).await;
        }
        Step::Wait { ms } => sleep(Duration::from_millis(*ms)).await,
        Step::Lay(trap) => world.lay(*trap),
        Step::Second(site) => {
            if world.living(*site).len() < INSTANCES {
                world.start(*site);
            }
        }
        Step::Stop { site, back_ms } => {
            if let Some(node) = world.living(*site).first() {
                node.stop().cancel();
                world.restart(*site, Duration::from_millis(*back_ms));
            }
        }
        Step::Turn { clock, by_ms } => world.turn(*clock, by_ms * 1_000),
        Step::Ill { site, ill } => world.fall_ill(*site, *ill),
        Step::Retry(site) => world.retry(*site),
        Step::SeeTo { site, words } => world.see_to(*site, words),
        Step::Save(site) => world.save(*site),
        Step::PutBack { site, back_ms } => {
            world.put_back(*site, Duration::from_millis(*back_ms));
        }
        Step::Forge(site) => {
            let shard = Shard(site.shard);
            let subject = envelopes(shard, site.service, shard);
            let acknowledged = r#"{"stream":"WALLET_0","seq":7}"#;
            let stored = world.store(shard, subject, acknowledged.into());
            world.acknowledge(shard, stored);
        }
        Step::CrashServer(shard) => world.crash_server(*shard),
        Step::LoseData { shard, messages } => world.lose_data(*shard, *messages),
    }
}

/// Stops all faults and drains everything. Then all reservations expire, and everything drains again.
async fn calm_down(world: &Arc<World>) {
    world.calm();
    if !heard_after_all(world).await {
        world.breach("invariant_nothing_stays_aside", world.standing());
    }
    for waiting in [true, false] {
        if !until_quiet(world).await {
            world.breach("invariant_all_gets_quiet", world.standing());
        }
        if world.is_broken() {
            return;
        }
        let found = world.is_at_rest(waiting);
        world.found(found);
        if waiting {
            world.turn_all(PAST_EVERY_EXPIRY_US);
            sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Makes every program able to handle everything, and has operators retry the parked messages until none is left.
async fn heard_after_all(world: &Arc<World>) -> bool {
    for _ in 0..RETRIES {
        if !until_quiet(world).await || world.is_broken() {
            return true;
        }
        if sites().all(|site| world.waiting(site).is_empty()) {
            return true;
        }
        sites().for_each(|site| world.retry(site));
    }
    false
}

async fn until_quiet(world: &World) -> bool {
    let mut quiet = 0;
    for _ in 0..LOOKS {
        sleep(LOOK).await;
        quiet = if world.is_quiet() { quiet + 1 } else { 0 };
        if world.is_broken() || quiet == 2 {
            return true;
        }
    }
    false
}
