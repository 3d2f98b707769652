//! The result of one payment.

use jiff::Timestamp;
use wallet_client::api::{Status, Transfer};
use wallet_client::outcome::{Outcome, Word};

/// The result of one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It ended.
    Ended(Ended),
    /// No outcome in time.
    NoOutcome,
    /// The server did not accept it.
    NotSent(String),
    /// An earlier payment on its accounts has not ended, or the run was stopped.
    NotStarted,
}

/// How a payment ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The outcome, in a word.
    pub word: Word,
    /// The reason for a failure, as a stable code.
    pub reason: Option<String>,
    /// The reason for a failure, as a sentence that was true at the time.
    pub detail: Option<String>,
    /// When it ended.
    pub at: Timestamp,
    /// Whether it ended before this run, so that nothing moved now.
    pub earlier: bool,
}

impl Ended {
    /// The end that the ledger knows from before this run; none if it has not ended.
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

    /// The end according to an outcome.
    pub(super) fn received(outcome: Outcome, earlier: bool) -> Self {
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
    /// The end in a word or two.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Ended(ended) => ended.word.as_str(),
            Self::NoOutcome => "no outcome",
            Self::NotSent(_) => "not sent",
            Self::NotStarted => "not started",
        }
    }

    /// Reason and detail.
    pub(super) fn why(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Ended(ended) => (ended.reason.as_deref(), ended.detail.as_deref()),
            Self::NoOutcome => (
                None,
                Some("it may still end: run the file again to see its outcome"),
            ),
            Self::NotSent(error) => (None, Some(error)),
            Self::NotStarted => (None, Some("an earlier transfer on its accounts had not ended")),
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        matches!(self, Self::Ended(ended) if ended.word == Word::Settled)
    }

    /// Whether it finally ended without moving money.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self, Self::Ended(ended) if matches!(ended.word, Word::Refused | Word::Compensated))
    }

    /// When it ended, if that was before this run.
    pub(super) fn earlier(&self) -> Option<Timestamp> {
        match self {
            Self::Ended(ended) => ended.earlier.then_some(ended.at),
            Self::NoOutcome | Self::NotSent(_) | Self::NotStarted => None,
        }
    }
}
