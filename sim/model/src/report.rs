//! A run of the checker, and its figures.

use std::fmt;
use std::time::{Duration, Instant};

use stateright::{Checker, Model, Path};

use crate::core::Core;
use crate::properties::MUST;
use crate::saga::Saga;
use crate::scenario::Scenario;
use crate::world::{Action, World, who};

/// The checker's threads: one for each core of a small machine.
const THREADS: usize = 2;

/// What a run found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The scenario.
    pub scenario: Scenario,
    /// How many steps were taken.
    pub steps: usize,
    /// To how many different states they led.
    pub states: usize,
    /// The longest way to a state that is nowhere reached by a shorter one.
    pub depth: usize,
    /// How many minds its services had.
    pub minds: usize,
    /// How long it took.
    pub took: Duration,
    /// What must never be found, and was: its name, and how it came about.
    pub found: Vec<(&'static str, String)>,
    /// What must be possible, and was not found.
    pub missing: Vec<&'static str>,
}

/// Checks all states of a world.
pub fn check<D: Core, C: Core, L: Core>(scenario: Scenario) -> Report {
    let began = Instant::now();
    let checker = Saga::<D, C, L>::new(scenario).checker().threads(THREADS).spawn_bfs().join();
    let saga = checker.model();
    let discoveries = checker.discoveries();
    let found = MUST.into_iter().filter_map(|name| {
        let path = discoveries.get(name)?;
        Some((name, told(saga, path.clone())))
    });
    let properties = saga.properties();
    let wanted = properties.iter().map(|property| property.name).filter(|name| !MUST.contains(name));
    Report {
        scenario,
        steps: checker.state_count(),
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        minds: saga.minds(),
        took: began.elapsed(),
        found: found.collect(),
        missing: wanted.filter(|name| !discoveries.contains_key(name)).collect(),
    }
}

/// A path in words, a line for each step.
fn told<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, path: Path<World, Action>) -> String {
    let steps = path.into_vec();
    let lines = steps.iter().filter_map(|(world, action)| Some(step(saga, world, (*action)?)));
    lines.collect::<Vec<_>>().join("\n")
}

fn step<D: Core, C: Core, L: Core>(saga: &Saga<D, C, L>, world: &World, action: Action) -> String {
    let name = |number| {
        let (shard, service) = who(number);
        format!("{service}/{shard}")
    };
    let kind = |message| {
        let message = saga.message(message);
        let kind = message.event().map(|event| event.fact.kind());
        kind.unwrap_or("a request").to_owned()
    };
    match action {
        Action::Ask(which) => {
            let ask = saga.scenario().asks[which];
            format!("{} asks {} {} {}", ask.account, ask.verb.token(), ask.id, ask.fields)
        }
        Action::Read(number) => format!("{} reads {}", name(number), kind(world.nodes[number].log[0])),
        Action::Publish(number, which) => {
            let outgoing = world.nodes[number].outbox[which];
            format!("{} publishes {} ({:?})", name(number), kind(outgoing.message), outgoing.stage)
        }
        Action::Crash(number) => format!("{} crashes", name(number)),
        Action::Ring(number, _) => format!("{} hears its clock", name(number)),
    }
}

impl Report {
    /// Whether all held, and all that must be possible was.
    pub fn is_good(&self) -> bool {
        self.found.is_empty() && self.missing.is_empty()
    }

    /// The head of the table.
    pub fn head() -> String {
        format!("{:<64} {:>10} {:>10} {:>5} {:>6} {:>7}", "model", "steps", "states", "depth", "minds", "seconds")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, seconds) = (self.scenario.name, self.took.as_secs_f64());
        let (steps, states, depth, minds) = (self.steps, self.states, self.depth, self.minds);
        write!(f, "{name:<64} {steps:>10} {states:>10} {depth:>5} {minds:>6} {seconds:>7.1}")?;
        for (name, story) in &self.found {
            write!(f, "\n  NOT SO: {name}:\n{story}")?;
        }
        for name in &self.missing {
            write!(f, "\n  NEVER: {name}")?;
        }
        Ok(())
    }
}
