//! The status of a flow: one word, for the ledger, the wire and people.

use serde::{Deserialize, Serialize};

/// The status of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not ended yet; waiting for a service, which will react without delay.
    Running,
    /// Reserved and promised; waiting for the payer, or for the deadline.
    Reserved,
    /// A transfer that ended successfully.
    Settled,
    /// Refused before any money moved.
    Refused,
    /// Debited, not credited, and given back.
    Compensated,
    /// Cancelled by its payer.
    Cancelled,
    /// Not confirmed in time.
    Expired,
    /// An operator's request that was carried out.
    Done,
}

impl Status {
    /// All variants.
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

    /// The statuses that a flow can end with.
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

    /// Whether it has ended successfully.
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
