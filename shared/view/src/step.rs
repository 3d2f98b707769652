//! A step of a flow: one request or event, as people see it.

use wallet_contract::subject::{Service, Verb};

use crate::content::Content;
use crate::skew::Skew;

/// One request or event.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its index among the flow's events, which are in log order.
    pub event: usize,
    /// Its source.
    pub lane: Lane,
    /// The shard on which it was decided; none for a client's request.
    pub decided_on: Option<u16>,
    /// The step that caused it.
    pub parent: Option<usize>,
    /// The index of the request that it goes back to.
    pub root: usize,
    /// From the flow's first request until this was stored in the log, in microseconds.
    pub at_us: i64,
    /// Its timings; none for a request.
    pub times: Option<Times>,
    /// How long the reservation had waited for its payer before this, in microseconds.
    pub held_us: i64,
    /// How its times contradict the order of the log, if they do.
    pub skew: Option<Skew>,
    /// Its meaning for the flow.
    pub mark: Mark,
    /// What happened, in a few words.
    pub words: String,
    /// Further details.
    pub notes: Vec<String>,
    /// The shard whose log holds it.
    pub shard: u16,
    /// Its sequence in that log.
    pub sequence: u64,
    /// Its parsed content.
    pub content: Content,
}

/// The source of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// A client.
    Client,
    /// debit-svc.
    Debit,
    /// credit-svc.
    Credit,
    /// ledger-svc.
    Ledger,
}

/// Where a step's time went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From when the cause was stored in the log until the service took it up, excluding the time for which a reservation was
    /// held in between.
    pub wait_us: i64,
    /// From then until the decision.
    pub work_us: i64,
    /// From the decision until it was stored in the log.
    pub publish_us: i64,
}

/// The meaning of a step for the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// An ordinary step.
    Neutral,
    /// A successful end.
    Good,
    /// A refusal.
    Refused,
    /// Something was undone.
    Undone,
}

impl Step {
    /// When the service took up its cause, in microseconds since the flow's first request; for a request, when it was stored in
    /// the log.
    pub fn taken_us(&self) -> i64 {
        let Some(times) = self.times else {
            return self.at_us;
        };
        self.at_us
            .saturating_sub(times.work_us)
            .saturating_sub(times.publish_us)
    }
}

impl Lane {
    /// All of them, from left to right.
    pub const ALL: [Self; 4] = [Self::Client, Self::Debit, Self::Credit, Self::Ledger];

    /// The source's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Debit => Service::Debit.name(),
            Self::Credit => Service::Credit.name(),
            Self::Ledger => Service::Ledger.name(),
        }
    }

    /// The lane of a service, by its name.
    pub fn of_service(name: &str) -> Option<Self> {
        Self::ALL.into_iter().skip(1).find(|lane| lane.name() == name)
    }
}

impl Mark {
    /// A sign that works without colour.
    pub fn sign(self) -> char {
        match self {
            Self::Neutral => '●',
            Self::Good => '✓',
            Self::Refused => '✗',
            Self::Undone => '↺',
        }
    }

    /// A word for readers who can't see the sign; also the name of a style.
    pub fn word(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Refused => "refused",
            Self::Undone => "undone",
        }
    }
}

/// Whether a request is the second phase of a transfer.
pub(crate) fn goes_on(verb: Option<Verb>) -> bool {
    matches!(verb, Some(Verb::Confirm | Verb::Cancel))
}
