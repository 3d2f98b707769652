//! A run of the checker, and its figures.

use std::fmt;
use std::time::{Duration, Instant};

use stateright::{Checker, Model, Path};

use crate::core::Core;
use crate::properties::MUST;
use crate::saga::Saga;
use crate::scenario::Scenario;
use crate::world::{Action, World, who};
use wallet_contract::event::Kind;

/// The checker's threads, one for each core of a small machine.
const THREADS: usize = 2;

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario.
    pub scenario: Scenario,
    /// Number of transitions taken.
    pub steps: usize,
    /// Number of distinct states reached.
    pub states: usize,
    /// The largest distance of a state from the start.
    pub depth: usize,
    /// Number of distinct minds of its services.
    pub minds: usize,
    /// How long it took.
    pub took: Duration,
    /// The properties that were violated.
    pub found: Vec<&'static str>,
    /// The shortest path to the first violation, a line for each step.
    pub story: Vec<String>,
    /// The outcomes that must be possible and were not found.
    pub missing: Vec<&'static str>,
}

/// Checks all states of a world.
pub fn check<D: Core, C: Core, L: Core>(scenario: Scenario) -> Report {
    let began = Instant::now();
    let saga = Saga::<D, C, L>::new(scenario);
    let wanted: Vec<&str> = saga.properties().iter().map(|property| property.name).collect();
    let checker = saga.checker().threads(THREADS).spawn_bfs().join();
    let discoveries = checker.discoveries();
    let found: Vec<&str> = MUST
        .into_iter()
        .filter(|name| discoveries.contains_key(name))
        .collect();
    let is_missing = |name: &&str| !MUST.contains(name) && !discoveries.contains_key(name);
    Report {
        scenario,
        steps: checker.state_count(),
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        minds: checker.model().minds(),
        took: began.elapsed(),
        story: found.first().map_or_else(Vec::new, |name| {
            shortest::<D, C, L>(scenario, name, checker.max_depth())
        }),
        found,
        missing: wanted.into_iter().filter(is_missing).collect(),
    }
}

/// The shortest path to a violation. The checker reports the last one it met, so its depth limit is
/// bisected.
fn shortest<D: Core, C: Core, L: Core>(scenario: Scenario, name: &'static str, depth: usize) -> Vec<String> {
    let (mut without, mut with, mut story) = (0, depth + 1, Vec::new());
    while without + 1 < with {
        let depth = usize::midpoint(without, with);
        let builder = Saga::<D, C, L>::new(scenario).checker().threads(THREADS);
        let checker = builder.target_max_depth(depth).spawn_bfs().join();
        match checker.discovery(name) {
            Some(path) => {
                story = told(checker.model(), path);
                with = depth;
            }
            None => without = depth,
        }
    }
    story
}

/// A path as text, a line for each step.
fn told<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, path: Path<World, Action>) -> Vec<String> {
    let steps = path.into_vec();
    let told = steps
        .iter()
        .filter_map(|(world, action)| Some(step(saga, world, (*action)?)));
    told.collect()
}

fn step<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World, action: Action) -> String {
    let name = |number| {
        let (shard, service) = who(number);
        format!("{service}/{shard}")
    };
    let kind = |message| {
        let message = saga.message(message);
        let kind = message.event().map(|event| event.fact.kind());
        kind.map_or("a request", Kind::name).to_owned()
    };
    match action {
        Action::Ask(which) => {
            let ask = saga.scenario().asks[which];
            format!(
                "{} asks {} {} {}",
                ask.account,
                ask.verb.token(),
                ask.id,
                ask.fields
            )
        }
        Action::Read(number) => format!("{} reads {}", name(number), kind(world.nodes[number].log[0])),
        Action::Publish(number, which) => {
            let outgoing = world.nodes[number].outbox[which];
            format!(
                "{} publishes {} ({:?})",
                name(number),
                kind(outgoing.message),
                outgoing.stage
            )
        }
        Action::Crash(number) => format!("{} crashes", name(number)),
        Action::Ring(number, _) => format!("{} hears its clock", name(number)),
    }
}

impl Report {
    /// Whether no property was violated and every required outcome was found.
    pub fn is_good(&self) -> bool {
        self.found.is_empty() && self.missing.is_empty()
    }

    /// The header of the table.
    pub fn head() -> String {
        format!(
            "{:<64} {:>10} {:>10} {:>5} {:>6} {:>7}",
            "model", "steps", "states", "depth", "minds", "seconds"
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, seconds) = (self.scenario.name, self.took.as_secs_f64());
        let (steps, states, depth, minds) = (self.steps, self.states, self.depth, self.minds);
        write!(
            f,
            "{name:<64} {steps:>10} {states:>10} {depth:>5} {minds:>6} {seconds:>7.1}"
        )?;
        for name in &self.found {
            write!(f, "\n  NOT SO: {name}")?;
        }
        for line in &self.story {
            write!(f, "\n    {line}")?;
        }
        for name in &self.missing {
            write!(f, "\n  NEVER: {name}")?;
        }
        Ok(())
    }
}
