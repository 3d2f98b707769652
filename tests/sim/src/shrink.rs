//! Makes a failing plan short: leaves out steps as long as the same invariant does not hold.

use crate::mutation::Mutation;
use crate::plan::Plan;
use crate::play::{Played, play};

/// How many plays may be spent on it; a plan of some hundred steps needs fewer.
const PLAYS: usize = 2_000;

/// A plan that fails, as short as could be found.
#[derive(Debug)]
pub struct Shrunk {
    /// Which steps of the first plan are left.
    pub kept: Vec<usize>,
    /// The plan with only those.
    pub plan: Plan,
    /// What comes of it.
    pub played: Played,
}

/// Shortens `plan`, of which `played` came, and which fails.
pub fn shrink(plan: &Plan, played: Played, mutation: Option<Mutation>) -> Shrunk {
    let invariant = played.breach.as_ref().map(|breach| breach.invariant);
    let mut best = Shrunk {
        kept: (0..plan.steps.len()).collect(),
        plan: plan.clone(),
        played,
    };
    let mut plays = 0;
    let mut try_with = |kept: &[usize]| {
        plays += 1;
        let shorter = plan.only(kept);
        let played = play(&shorter, mutation);
        let fails = played.breach.as_ref().map(|breach| breach.invariant) == invariant;
        (fails && plays <= PLAYS).then(|| Shrunk {
            kept: kept.to_vec(),
            plan: shorter,
            played,
        })
    };
    // What comes behind the breach was never played.
    let taken = best.played.steps;
    if let Some(shorter) = try_with(&best.kept[..taken.min(plan.steps.len())]) {
        best = shorter;
    }
    let mut size = best.kept.len().div_ceil(2);
    while size > 0 {
        let mut from = 0;
        let before = best.kept.len();
        while from < best.kept.len() {
            let mut kept = best.kept.clone();
            kept.drain(from..(from + size).min(kept.len()));
            match try_with(&kept) {
                Some(shorter) => best = shorter,
                None => from += size,
            }
        }
        // Steps that could not be left out alone may be without the others.
        if size > 1 || best.kept.len() == before {
            size /= 2;
        }
    }
    best
}
