//! How a list of flows is narrowed.

use jiff::Timestamp;
use wallet_contract::id::AccountId;

use super::Status;

/// Which flows are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Payer, payee, or whom an operator acted on.
    pub account: Option<AccountId>,
    /// How they stand.
    pub status: Option<StatusFilter>,
    /// Why they were refused.
    pub reason: Option<String>,
    /// When they ended: not before, and not after.
    pub ended: (Option<Timestamp>, Option<Timestamp>),
}

/// How the flows that are asked for stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// Like this.
    Is(Status),
    /// Running, and not heard of for too long.
    Stuck,
    /// With a message that was set aside.
    Parked,
}

impl StatusFilter {
    /// All of them, in the order in which they are offered.
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

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Is(status) => status.word(),
            Self::Stuck => "stuck",
            Self::Parked => "parked",
        }
    }
}
