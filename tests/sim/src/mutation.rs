//! Faults of the program itself, which the invariants must see. Each is a wrapper around a core, a store or a bus; nothing of
//! them is in what runs in production.

pub(crate) mod bus;
pub(crate) mod cores;
pub(crate) mod store;

/// One thing done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The store does not look into the inbox.
    SkipInbox,
    /// The inbox forgets: a repeat is known for a few seconds only, as by the window of message ids of a log server.
    InboxWindow,
    /// The store does not check the epoch of the lease.
    NoEpochCheck,
    /// What was decided is published before it is committed.
    PublishEarly,
    /// What was committed counts as published before it is.
    MarkEarly,
    /// What was set aside holds nothing up once the service has started again.
    ForgetParked,
    /// What was seen to is seen to again, whoever says so.
    SeeToTwice,
    /// The bus says that an envelope is durable before it is.
    AckEarly,
    /// What is due is decided by who has not caught up with the log.
    ExpireEarly,
    /// debit-svc does not give back what the payee's side refused.
    ForgetToCompensate,
    /// debit-svc gives back once more when a compensated transfer is cancelled.
    CompensateTwice,
    /// credit-svc credits what is reserved, before it hears of a debit.
    CreditEarly,
    /// credit-svc does not credit what it has promised, if the payee is frozen or closed by now.
    BreakPromise,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::SkipInbox,
        Self::InboxWindow,
        Self::NoEpochCheck,
        Self::PublishEarly,
        Self::MarkEarly,
        Self::ForgetParked,
        Self::SeeToTwice,
        Self::AckEarly,
        Self::ExpireEarly,
        Self::ForgetToCompensate,
        Self::CompensateTwice,
        Self::CreditEarly,
        Self::BreakPromise,
    ];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::SkipInbox => "skip-inbox",
            Self::InboxWindow => "inbox-window",
            Self::NoEpochCheck => "no-epoch-check",
            Self::PublishEarly => "publish-early",
            Self::MarkEarly => "mark-early",
            Self::ForgetParked => "forget-parked",
            Self::SeeToTwice => "see-to-twice",
            Self::AckEarly => "ack-early",
            Self::ExpireEarly => "expire-early",
            Self::ForgetToCompensate => "forget-to-compensate",
            Self::CompensateTwice => "compensate-twice",
            Self::CreditEarly => "credit-early",
            Self::BreakPromise => "break-promise",
        }
    }

    /// The mutation with that word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mutation| mutation.word() == word)
    }

    pub(crate) fn is_of_the_store(self) -> bool {
        match self {
            Self::SkipInbox
            | Self::InboxWindow
            | Self::NoEpochCheck
            | Self::PublishEarly
            | Self::MarkEarly
            | Self::ForgetParked
            | Self::SeeToTwice => true,
            Self::AckEarly
            | Self::ExpireEarly
            | Self::ForgetToCompensate
            | Self::CompensateTwice
            | Self::CreditEarly
            | Self::BreakPromise => false,
        }
    }
}
