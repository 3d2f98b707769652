//! The command line.

use std::ops::Range;
use std::path::PathBuf;

use clap::Parser;

use crate::mutation::Mutation;
use crate::plan::Plan;

/// Plays the real services on a simulated bus, store and clock. The same seed always plays the same history.
#[derive(Debug, Parser)]
#[command(name = "sim")]
pub struct Args {
    /// Play this seed and print what happened.
    #[arg(long, value_name = "N", conflicts_with = "seeds")]
    pub seed: Option<u64>,
    /// Play these seeds, excluding the last.
    #[arg(long, value_name = "A..B", value_parser = range, default_value = "0..2000")]
    pub seeds: Range<u64>,
    /// Number of steps in each simulation.
    #[arg(long, value_name = "M", default_value_t = STEPS)]
    pub steps: usize,
    /// Keep only these steps of the seed, as listed by a failure.
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "seed")]
    pub only: Option<Vec<usize>>,
    /// Inject this mutation, which the invariants must catch.
    #[arg(long, value_name = "WORD", value_parser = mutation)]
    pub mutation: Option<Mutation>,
    /// Where to write the history of a failure as JSON.
    #[arg(long, value_name = "FILE", default_value = "sim-failure.json")]
    pub json: PathBuf,
    /// Number of threads; by default one for each core.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

impl Args {
    /// The plan of a seed.
    pub fn plan(&self, seed: u64) -> Plan {
        Plan::new(seed, self.steps)
    }
}

/// Default number of steps in a simulation.
pub const STEPS: usize = 250;

fn range(text: &str) -> Result<Range<u64>, String> {
    let parsed = text
        .split_once("..")
        .and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    parsed.ok_or_else(|| format!("{text:?}: use two numbers, such as 0..2000"))
}

fn mutation(word: &str) -> Result<Mutation, String> {
    let words = Mutation::ALL.map(Mutation::word).join(", ");
    Mutation::named(word).ok_or_else(|| format!("{word:?}: use one of {words}"))
}
