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
            Self::Compensated => "Credit refused and compensated",
            Self::Twice => "The same request twice",
            Self::OtherAmount => "The same id with another amount",
            Self::Unreadable => "An unreadable message is parked",
            Self::AnotherShard => "A payee on another shard",
            Self::Killed => "A service killed (-9) mid-flow",
            Self::ConfirmPart => "Reserved and partly confirmed",
            Self::Cancel => "Reserved and cancelled",
            Self::Expiry => "Reserved and not confirmed in time",
            Self::CancelFirst => "Cancelled before it was reserved",
            Self::Reversal => "A transfer partly reversed",
        }
    }

    /// What it shows, in a sentence.
    pub(super) fn meaning(self) -> &'static str {
        match self {
            Self::Settled => {
                "debit-svc debits, credit-svc credits, ledger-svc records the end. There is no orchestrator."
            }
            Self::InsufficientFunds => {
                "Refused before any money moves; the refusal names the available amount."
            }
            Self::Compensated => {
                "The payee can't receive, so the payer, already debited, gets the money back."
            }
            Self::Twice => {
                "A client that missed the outcome sends its request again: one movement, the same outcome."
            }
            Self::OtherAmount => "An id belongs to one transfer for ever; the first one stays as it is.",
            Self::Unreadable => {
                "An unreadable message is parked with a reason; the messages after it are processed."
            }
            Self::AnotherShard => "Two databases, two logs, no distributed transaction.",
            Self::Killed => "credit-svc is killed while the money is in transit; no decision is lost.",
            Self::ConfirmPart => "Held, promised, paid in part; the rest is released to alice at once.",
            Self::Cancel => "Held money can't be spent; a cancel releases all of it.",
            Self::Expiry => "The money is released when its time is up: time is an input like any other.",
            Self::CancelFirst => "The cancel may arrive before its reservation; no money stays held.",
            Self::Reversal => "A new transfer that refers to the old one, for at most what is left of it.",
        }
    }
}
