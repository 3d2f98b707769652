//! Bugs in the program itself, which the invariants must catch. Each is a wrapper around a core, a store or a bus; production
//! code contains none of them.

pub(crate) mod cores;
pub(crate) mod log;
pub(crate) mod store;

/// One injected bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The store does not consult the inbox.
    SkipInbox,
    /// The inbox forgets: it recognizes a repeat for a few seconds only, like a log server's window of message ids.
    InboxWindow,
    /// The store does not check the epoch of the lease.
    NoEpochCheck,
    /// After a restart, parked messages no longer block the messages that wait for them.
    ForgetParked,
    /// Every instruction about a resolved message is followed again.
    SeeToTwice,
    /// The bus acknowledges an envelope before it is durable.
    AckEarly,
    /// An instance decides expiries before it has caught up with the log.
    ExpireEarly,
    /// debit-svc does not give back the money after the payee's side has refused the credit.
    ForgetToCompensate,
    /// debit-svc gives the money back a second time when a compensated transfer is cancelled.
    CompensateTwice,
    /// credit-svc credits a reservation before it hears of a debit.
    CreditEarly,
    /// credit-svc breaks its promise if the payee has been frozen or closed since.
    BreakPromise,
    /// After a refusal, a message is appended again behind whatever is there.
    AnyPredecessor,
    /// All events of an envelope have the place of the first.
    PlacePerEnvelope,
    /// Reports of parked messages come after the decisions of a batch, whatever their places.
    ParkLast,
    /// What was copied to other shards is marked in the database.
    MarkInDatabase,
    /// Clients are told of decisions before these are in the log.
    TellEarly,
}

impl Mutation {
    /// All mutations.
    pub const ALL: [Self; 16] = [
        Self::SkipInbox,
        Self::InboxWindow,
        Self::NoEpochCheck,
        Self::ForgetParked,
        Self::SeeToTwice,
        Self::AckEarly,
        Self::ExpireEarly,
        Self::ForgetToCompensate,
        Self::CompensateTwice,
        Self::CreditEarly,
        Self::BreakPromise,
        Self::AnyPredecessor,
        Self::PlacePerEnvelope,
        Self::ParkLast,
        Self::MarkInDatabase,
        Self::TellEarly,
    ];

    /// Its name on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::SkipInbox => "skip-inbox",
            Self::InboxWindow => "inbox-window",
            Self::NoEpochCheck => "no-epoch-check",
            Self::ForgetParked => "forget-parked",
            Self::SeeToTwice => "see-to-twice",
            Self::AckEarly => "ack-early",
            Self::ExpireEarly => "expire-early",
            Self::ForgetToCompensate => "forget-to-compensate",
            Self::CompensateTwice => "compensate-twice",
            Self::CreditEarly => "credit-early",
            Self::BreakPromise => "break-promise",
            Self::AnyPredecessor => "any-predecessor",
            Self::PlacePerEnvelope => "place-per-envelope",
            Self::ParkLast => "park-last",
            Self::MarkInDatabase => "mark-in-database",
            Self::TellEarly => "tell-early",
        }
    }

    /// The mutation with that name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mutation| mutation.word() == word)
    }
}
