//! What came of one payment.

use jiff::Timestamp;
use wallet_client::api::{Status, Transfer};
use wallet_client::outcome::{Outcome, Word};

/// What came of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It ended.
    Told(Told),
    /// No outcome in time.
    Silence,
    /// The server did not take it.
    NotSent(String),
    /// An earlier one on its accounts has not ended, or the run was stopped.
    NotStarted,
}

/// How a payment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// In a word.
    pub word: Word,
    /// Why not, as a stable code.
    pub reason: Option<String>,
    /// Why not, as a sentence that was true then.
    pub detail: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Before this run, so that nothing moved in it.
    pub earlier: bool,
}

impl Told {
    /// What the ledger knows of a payment that ended before this run; nothing of one that has not ended.
    pub(super) fn before(flow: &Transfer) -> Option<Self> {
        let word = match flow.status {
            Status::Settled => Word::Settled,
            Status::Refused => Word::Refused,
            Status::Compensated => Word::Compensated,
            Status::Cancelled => Word::Cancelled,
            Status::Expired => Word::Expired,
            Status::Running | Status::Reserved | Status::Done => return None,
        };
        Some(Self {
            word,
            reason: flow.reason.clone(),
            detail: flow.detail.clone(),
            at: flow.ended_at?,
            earlier: true,
        })
    }

    /// An outcome that was heard.
    pub(super) fn heard(outcome: Outcome, earlier: bool) -> Self {
        Self {
            word: outcome.outcome,
            reason: outcome.reason,
            detail: outcome.detail,
            at: outcome.time,
            earlier,
        }
    }
}

impl End {
    /// How it ended, in a word or two.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Told(told) => told.word.as_str(),
            Self::Silence => "no outcome",
            Self::NotSent(_) => "not sent",
            Self::NotStarted => "not started",
        }
    }

    /// Reason and detail.
    pub(super) fn why(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Told(told) => (told.reason.as_deref(), told.detail.as_deref()),
            Self::Silence => (None, Some("it may still end: play the file again to learn how")),
            Self::NotSent(error) => (None, Some(error)),
            Self::NotStarted => (None, Some("an earlier one on its accounts had not ended")),
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(self, Self::Told(told) if told.word == Word::Settled)
    }

    /// Whether it ended without moving money, for good.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Told(told) if matches!(told.word, Word::Refused | Word::Compensated))
    }

    /// When it ended, if that was before this run.
    pub(super) fn earlier(&self) -> Option<Timestamp> {
        match self {
            Self::Told(told) => told.earlier.then_some(told.at),
            Self::Silence | Self::NotSent(_) | Self::NotStarted => None,
        }
    }
}
