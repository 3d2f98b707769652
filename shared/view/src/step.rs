//! A step of a flow: one request or event, as people see it.

use wallet_contract::subject::{Service, Verb};

use crate::content::Content;
use crate::skew::Skew;

/// One request or event.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place among the flow's events, which is that of the log.
    pub event: usize,
    /// Who said it.
    pub lane: Lane,
    /// On which shard it was decided; nothing for a client.
    pub decided_on: Option<u16>,
    /// The step that caused it.
    pub parent: Option<usize>,
    /// Which of the flow's requests it goes back to, counted from 0.
    pub root: usize,
    /// From the flow's first request to when this stood in the log, microseconds.
    pub at_us: i64,
    /// Where the time went; nothing for a request.
    pub times: Option<Times>,
    /// For how long the reservation waited for its payer until this, microseconds.
    pub held_us: i64,
    /// Where its times contradict the order of the log.
    pub skew: Option<Skew>,
    /// What it means for the flow.
    pub mark: Mark,
    /// What happened, in a few words.
    pub words: String,
    /// What there is to say about it.
    pub notes: Vec<String>,
    /// In which shard's log it stands.
    pub shard: u16,
    /// Where in it.
    pub sequence: u64,
    /// What it says.
    pub content: Content,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Who asks.
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
    /// From when the cause stood in the log to when the service took it up, less what a reservation was held in between.
    pub wait_us: i64,
    /// That the service was at work on it until it was decided.
    pub work_us: i64,
    /// From the decision to when it was committed; nothing if that is not known: the time then is in [`Self::publish_us`].
    pub commit_us: Option<i64>,
    /// From then on to when it stood in the log.
    pub publish_us: i64,
}

/// What a step means for the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// One of many.
    Said,
    /// A good end.
    Good,
    /// Somebody said no.
    Refused,
    /// Something was taken back.
    Undone,
}

impl Step {
    /// When the service took its cause up, microseconds since the flow's first request; of a request, when it stood in the log.
    pub fn taken_us(&self) -> i64 {
        let Some(times) = self.times else {
            return self.at_us;
        };
        let after_us = [Some(times.work_us), times.commit_us, Some(times.publish_us)];
        after_us
            .into_iter()
            .flatten()
            .fold(self.at_us, i64::saturating_sub)
    }
}

impl Lane {
    /// All of them, from left to right.
    pub const ALL: [Self; 4] = [Self::Client, Self::Debit, Self::Credit, Self::Ledger];

    /// The name of who speaks.
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
    /// A sign that needs no colour.
    pub fn sign(self) -> char {
        match self {
            Self::Said => '●',
            Self::Good => '✓',
            Self::Refused => '✗',
            Self::Undone => '↺',
        }
    }

    /// A word for who can't see the sign; also a name for a style.
    pub fn word(self) -> &'static str {
        match self {
            Self::Said => "said",
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
