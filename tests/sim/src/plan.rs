//! The steps of a simulation as data: generated from a seed, printed as text, and shortened by [`crate::shrink`].

mod ask;
mod swarm;

use std::fmt;
use std::time::Duration;

use fastrand::Rng;
use wallet_contract::parking::Action;

pub use crate::fault::{Blow, ClockOf, Point, Site, Trap};
pub use crate::ill::Ill;
use ask::Client;
use swarm::Swarm;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A client publishes.
    Ask {
        /// The mapped subject.
        subject: String,
        /// Any bytes.
        payload: Vec<u8>,
    },
    /// Time passes.
    Wait {
        /// Milliseconds.
        ms: u64,
    },
    /// A fault is armed.
    Lay(Trap),
    /// One more instance starts, as a stand-by.
    Second(Site),
    /// An instance is stopped in order; another one starts later.
    Stop {
        /// The site.
        site: Site,
        /// The delay until the new one starts, in milliseconds.
        back_ms: u64,
    },
    /// A clock jumps.
    Turn {
        /// Which clock.
        clock: ClockOf,
        /// Forward (positive) or back (negative), in milliseconds.
        by_ms: i64,
    },
    /// From now on a site's program can't handle something, or can handle everything again.
    Ill {
        /// The site.
        site: Site,
        /// What it can't handle.
        ill: Option<Ill>,
    },
    /// An operator has a site retry its parked messages.
    Retry(Site),
    /// Several operators resolve one request that a site can't read, all at once.
    SeeTo {
        /// The site.
        site: Site,
        /// Their instructions, in the order of the log.
        words: Vec<Action>,
    },
    /// A copy of a site's database is kept.
    Save(Site),
    /// The copy, or an empty database if there is none, is put back; its instances die, and another one starts later.
    PutBack {
        /// The site.
        site: Site,
        /// The delay until the new one starts, in milliseconds.
        back_ms: u64,
    },
    /// A client makes the server store an acknowledgement on a service's own subject.
    Forge(Site),
    /// The server of a shard's log crashes.
    CrashServer(u16),
    /// The server crashes and loses messages that were durable. No seed generates this step: see `tests/plays/loss.rs`.
    LoseData {
        /// Which log.
        shard: u16,
        /// How many messages are lost from its end.
        messages: usize,
    },
}

/// How long the loop's calls take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The percentage of calls that take time at all.
    pub slow: u8,
    /// The longest such time, in milliseconds.
    pub most_ms: u64,
}

impl Pace {
    /// How long an instance waits at a point.
    pub(crate) fn pause(self, rng: &mut Rng, point: Point) -> Duration {
        let slow = if point == Point::AfterPublish {
            90
        } else {
            self.slow
        };
        if rng.u8(0..100) < slow {
            Duration::from_millis(rng.u64(1..=self.most_ms))
        } else {
            Duration::ZERO
        }
    }
}

/// Everything that happens in a simulation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The seed that generated it.
    pub seed: u64,
    /// The speed of all calls.
    pub pace: Pace,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Plan {
    /// The plan of a seed.
    pub fn new(seed: u64, steps: usize) -> Self {
        let mut rng = Rng::with_seed(seed);
        let swarm = Swarm::new(&mut rng, Point::ALL);
        let pace = Pace {
            slow: rng.u8(5..60),
            most_ms: rng.u64(2..40),
        };
        let mut client = Client::new(rng.fork());
        let mut plan = Self {
            seed,
            pace,
            steps: client.endow(),
        };
        while plan.steps.len() < steps {
            swarm.step(&mut rng, &mut client, &mut plan.steps);
            swarm.forget(&mut rng, &mut plan.steps);
        }
        plan
    }

    /// The same plan, with only some of its steps.
    #[must_use]
    pub fn only(&self, kept: &[usize]) -> Self {
        let steps = kept.iter().filter_map(|at| self.steps.get(*at));
        Self {
            steps: steps.cloned().collect(),
            ..*self
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ask { subject, payload } => {
                write!(f, "ask      {subject} {}", String::from_utf8_lossy(payload))
            }
            Self::Wait { ms } => write!(f, "wait     {ms} ms"),
            Self::Lay(trap) => {
                let Trap {
                    site,
                    point,
                    skip,
                    blow,
                } = trap;
                write!(f, "fault    {site} passes {point:?} {skip} times, then {blow:?}")
            }
            Self::Second(site) => write!(f, "second   {site}"),
            Self::Stop { site, back_ms } => write!(f, "stop     {site} in order, back in {back_ms} ms"),
            Self::Turn { clock, by_ms } => write!(f, "clock    {clock:?} by {by_ms} ms"),
            Self::Ill { site, ill: Some(ill) } => write!(f, "ill      {site} can't handle {ill:?}"),
            Self::Ill { site, ill: None } => write!(f, "well     {site} can handle everything"),
            Self::Retry(site) => write!(f, "retry    what {site} has set aside"),
            Self::SeeTo { site, words } => write!(f, "see to   a request that {site} can't read: {words:?}"),
            Self::Save(site) => write!(f, "save     the database of {site}"),
            Self::PutBack { site, back_ms } => {
                write!(f, "put back the saved database of {site}, back in {back_ms} ms")
            }
            Self::Forge(site) => write!(f, "forge    an acknowledgement among the events of {site}"),
            Self::CrashServer(shard) => write!(f, "crash    the server of shard {shard}"),
            Self::LoseData { shard, messages } => write!(f, "lose     {messages} messages of shard {shard}"),
        }
    }
}
