//! How a flow stands: one word, for the books, the wire and people.

use serde::{Deserialize, Serialize};

/// How a flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not ended yet, and somebody's turn who will not keep it waiting.
    Running,
    /// Reserved and promised: its payer's turn, or the clock's.
    Reserved,
    /// A transfer that ended well.
    Settled,
    /// Refused before any money moved.
    Refused,
    /// Debited, not credited, given back.
    Compensated,
    /// Cancelled by its payer.
    Cancelled,
    /// Not confirmed in time.
    Expired,
    /// An operator's request that was carried out.
    Done,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Running,
        Self::Reserved,
        Self::Settled,
        Self::Refused,
        Self::Compensated,
        Self::Cancelled,
        Self::Expired,
        Self::Done,
    ];

    /// How a flow can end.
    pub const ENDS: [Self; 6] = [
        Self::Settled,
        Self::Refused,
        Self::Compensated,
        Self::Cancelled,
        Self::Expired,
        Self::Done,
    ];

    /// The word that is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Settled => "settled",
            Self::Refused => "refused",
            Self::Compensated => "compensated",
            Self::Reserved => "reserved",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Done => "done",
        }
    }

    /// Whether it has ended, and well.
    pub fn is_good(self) -> bool {
        match self {
            Self::Settled | Self::Done => true,
            Self::Running
            | Self::Reserved
            | Self::Refused
            | Self::Compensated
            | Self::Cancelled
            | Self::Expired => false,
        }
    }
}
