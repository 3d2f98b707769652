//! Shortens a failing plan: removes steps as long as the same invariant still fails.

use crate::mutation::Mutation;
use crate::plan::Plan;
use crate::play::{Played, play};

/// How many plays to spend at most; a plan of some hundred steps needs fewer.
const PLAYS: usize = 2_000;

/// The shortest failing plan that was found.
#[derive(Debug)]
pub struct Shrunk {
    /// The indexes of the steps kept from the original plan.
    pub kept: Vec<usize>,
    /// The plan with only those steps.
    pub plan: Plan,
    /// Its result.
    pub played: Played,
}

/// Shortens `plan`, which failed with the result `played`.
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
    // The steps after the breach were never played.
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
        // A step that could not be removed at first may become removable once others are gone.
        if size > 1 || best.kept.len() == before {
            size /= 2;
        }
    }
    best
}
