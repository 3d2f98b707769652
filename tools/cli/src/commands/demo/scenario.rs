//! The scenarios' names, and what each shows.

/// A scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scenario {
    Settled,
    InsufficientFunds,
    Compensated,
    Twice,
    OtherAmount,
    Unreadable,
    AnotherShard,
    Killed,
    ConfirmPart,
    Cancel,
    Expiry,
    CancelFirst,
    Reversal,
}

impl Scenario {
    /// All of them, in the order in which they are played.
    pub(super) const ALL: [Self; 13] = [
        Self::Settled,
        Self::InsufficientFunds,
        Self::Compensated,
        Self::Twice,
        Self::OtherAmount,
        Self::Unreadable,
        Self::AnotherShard,
        Self::Killed,
        Self::ConfirmPart,
        Self::Cancel,
        Self::Expiry,
        Self::CancelFirst,
        Self::Reversal,
    ];

    /// Its name.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Settled => "Settled",
            Self::InsufficientFunds => "Insufficient funds",
            Self::Compensated => "Credit refused, so compensated",
            Self::Twice => "The same request twice",
            Self::OtherAmount => "The same id with another amount",
            Self::Unreadable => "An unreadable message is parked",
            Self::AnotherShard => "A payee on another shard",
            Self::Killed => "A service killed (-9) in mid-flow",
            Self::ConfirmPart => "Reserved, and a part confirmed",
            Self::Cancel => "Reserved, and cancelled",
            Self::Expiry => "Reserved, and not confirmed in time",
            Self::CancelFirst => "Cancelled before it was reserved",
            Self::Reversal => "A transfer given back",
        }
    }

    /// What it shows, in a sentence.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Settled => {
                "debit-svc debits, credit-svc credits, ledger-svc closes the books. Nobody orchestrates."
            }
            Self::InsufficientFunds => "Refused before anything moves, with the amount that is there.",
            Self::Compensated => {
                "The payee can't receive; the payer has already paid and gets the money back."
            }
            Self::Twice => {
                "A client that did not hear the outcome asks again: one movement, the same answer."
            }
            Self::OtherAmount => "An id names one transfer for ever; the first one is not touched.",
            Self::Unreadable => {
                "What can't be read is set aside with a reason; what stands behind it goes on."
            }
            Self::AnotherShard => "Two databases, two logs, no distributed transaction.",
            Self::Killed => {
                "credit-svc is gone when the money is on its way; what was decided is never lost."
            }
            Self::ConfirmPart => "Held, promised, paid in part; the rest is alice's again at once.",
            Self::Cancel => "What is held can't be spent, and comes back whole.",
            Self::Expiry => "Nobody confirms, so the clock releases it: an input like any other.",
            Self::CancelFirst => "Messages may overtake each other; no reservation stays hanging.",
            Self::Reversal => "A new transfer that names the old one, never more than what is left of it.",
        }
    }
}
