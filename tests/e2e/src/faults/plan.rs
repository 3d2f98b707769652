//! Which fault comes when, and which faults were injected.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::time::{Instant, sleep};

use super::Fault;
use crate::{Random, World};

/// Which faults come, and when; the same seed, the same plan.
#[derive(Debug)]
pub struct Plan {
    kinds: Vec<Fault>,
    round: VecDeque<Fault>,
}

impl Plan {
    /// A plan of these kinds.
    pub fn new(kinds: Vec<Fault>) -> Self {
        Self {
            kinds,
            round: VecDeque::new(),
        }
    }

    fn next(&mut self, random: &mut Random) -> Option<Fault> {
        if self.round.is_empty() {
            let mut kinds = self.kinds.clone();
            while !kinds.is_empty() {
                let at = usize::try_from(random.below(kinds.len() as u64)).unwrap_or(0);
                self.round.push_back(kinds.swap_remove(at));
            }
        }
        self.round.pop_front()
    }
}

/// The faults injected into a stack.
#[derive(Debug, Default)]
pub struct Injected {
    /// How often each.
    pub counts: BTreeMap<Fault, u32>,
    /// Start and end of each, in seconds from the start.
    pub spans: Vec<(f64, f64, Fault)>,
}

impl Injected {
    /// How many in all.
    pub fn total(&self) -> u32 {
        self.counts.values().sum()
    }
}

/// Injects faults for the given time, and leaves the stack whole.
pub async fn inject_faults(world: &mut World, random: &mut Random, span: Duration) -> Result<Injected> {
    let mut plan = Plan::new(Fault::possible(world));
    let (mut done, began) = (Injected::default(), Instant::now());
    while began.elapsed() < span {
        sleep(Duration::from_millis(random.below(1_000))).await;
        let Some(fault) = plan.next(random) else { break };
        let lasting = Duration::from_millis(500 + random.below(2_500));
        let from = began.elapsed().as_secs_f64();
        println!("{from:7.2} s  {fault}");
        let injected = fault.inject(world, lasting).await;
        injected.with_context(|| format!("the stack did not recover from: {fault}"))?;
        done.spans.push((from, began.elapsed().as_secs_f64(), fault));
        *done.counts.entry(fault).or_default() += 1;
    }
    Ok(done)
}

/// How long to inject faults: `WALLET_FAULT_SECONDS`, or else this many seconds.
pub fn span(seconds: u64) -> Result<Duration> {
    let seconds = match std::env::var("WALLET_FAULT_SECONDS") {
        Ok(text) => text.parse().context("WALLET_FAULT_SECONDS is not a number")?,
        Err(_) => seconds,
    };
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_has_every_kind_once_and_a_seed_fixes_the_plan() {
        let kinds = vec![Fault::KillNats, Fault::PauseNats, Fault::FullDisk];
        let plan = |seed: u64| {
            let (mut plan, mut random) = (Plan::new(kinds.clone()), Random::of(seed));
            let faults: Vec<Fault> = (0..6).filter_map(|_| plan.next(&mut random)).collect();
            faults
        };
        let mut round = plan(7)[..3].to_vec();
        round.sort_unstable();
        let mut all = kinds.clone();
        all.sort_unstable();
        assert_eq!(round, all);
        assert_eq!(plan(7), plan(7));
    }
}
