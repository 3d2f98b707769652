//! Filters for lists of flows.

use jiff::Timestamp;
use wallet_contract::id::AccountId;

use super::Status;

/// Which flows to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The payer, the payee, or the account that an operator acted on.
    pub account: Option<AccountId>,
    /// Their status.
    pub status: Option<StatusFilter>,
    /// The reason for their failure.
    pub reason: Option<String>,
    /// The time range in which they ended, inclusive.
    pub ended: (Option<Timestamp>, Option<Timestamp>),
}

/// A status to filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Exactly this status.
    Is(Status),
    /// Unfinished, and silent for too long.
    Stuck,
    /// With a parked message.
    Parked,
}

impl StatusFilter {
    /// All values, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::Is(Status::Running),
        Self::Stuck,
        Self::Parked,
        Self::Is(Status::Reserved),
        Self::Is(Status::Settled),
        Self::Is(Status::Refused),
        Self::Is(Status::Compensated),
        Self::Is(Status::Cancelled),
        Self::Is(Status::Expired),
        Self::Is(Status::Done),
    ];

    /// The value on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Is(status) => status.word(),
            Self::Stuck => "stuck",
            Self::Parked => "parked",
        }
    }
}
