//! Plays many seeds on all cores. Each seed has a thread to itself, so it plays exactly as it would alone.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::coverage::Coverage;
use crate::mutation::Mutation;
use crate::plan::Plan;
use crate::play::{Played, play};

/// The combined result of many seeds.
#[derive(Debug, Default)]
pub struct Sum {
    /// Number of seeds played.
    pub seeds: u64,
    /// Number of transfers that ended.
    pub transfers: u64,
    /// Number of messages in the logs.
    pub messages: u64,
    /// Their coverage.
    pub coverage: Coverage,
    /// The lowest seed that failed, and its result.
    pub failed: Option<(u64, Played)>,
}

/// Plays seeds until one fails. Calls `played` with each result.
pub fn play_all(
    seeds: Range<u64>,
    plan: &(impl Fn(u64) -> Plan + Sync),
    mutation: Option<Mutation>,
    threads: usize,
    played: &(impl Fn(&Played) + Sync),
) -> Sum {
    let (next, failed) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let sum = Mutex::new(Sum::default());
    thread::scope(|scope| {
        for _ in 0..threads {
            let worker = || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end || failed.load(Ordering::Relaxed) {
                        break;
                    }
                    let one = play(&plan(seed), mutation);
                    failed.fetch_or(one.breach.is_some(), Ordering::Relaxed);
                    played(&one);
                    sum.lock().unwrap_or_else(PoisonError::into_inner).add(seed, one);
                }
            };
            let builder = thread::Builder::new().name(THREAD.to_owned());
            builder
                .spawn_scoped(scope, worker)
                .expect("a few threads can always be started");
        }
    });
    sum.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the playing threads. A panic there is reported as a breach.
pub const THREAD: &str = "seeds";

impl Sum {
    fn add(&mut self, seed: u64, played: Played) {
        self.seeds += 1;
        self.transfers += played.transfers;
        self.messages += played.history.messages() as u64;
        self.coverage.add(&played.coverage);
        let lowest = self.failed.as_ref().is_none_or(|(lowest, _)| seed < *lowest);
        if played.breach.is_some() && lowest {
            self.failed = Some((seed, played));
        }
    }
}
