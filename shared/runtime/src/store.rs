//! What the loop needs of a database: a tenure, the rows of a batch, one commit.
//!
//! Whoever holds the tenure of a shard is the only one who writes its rows, so they can be loaded before the transaction;
//! the transaction itself checks that the tenure still stands.

use std::collections::BTreeSet;
use std::future::Future;

use uuid::Uuid;
use wallet_contract::event::Resolved;
use wallet_contract::id::EventId;
use wallet_contract::shard::Shard;
use wallet_kernel::{Decider, Due, Heard, Unreadable};

use crate::bus::Known;

/// Where a shard's work stands. Read when a tenure begins, written with each commit, and a moment after messages that say nothing
/// to the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The sequence of the last message that has been handled.
    pub position: u64,
    /// The time of that message, microseconds; the log's time never goes back.
    pub at_us: i64,
    /// The number of the last event that was decided.
    pub last_no: i64,
    /// The number up to which events have been published.
    pub published: i64,
    /// From where on the log must hold every message: from its beginning, or from where `wallet heal` has put everything back.
    /// The work reads it; only healing writes it.
    pub whole_from: u64,
}

impl Progress {
    /// What the log must hold.
    pub fn known(&self) -> Known {
        Known {
            position: self.position,
            at_us: self.at_us,
            whole_from: self.whole_from,
        }
    }
}

/// A decided event as it is stored and published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number in this store, without gaps.
    pub no: i64,
    /// Its id.
    pub id: EventId,
    /// The stream that must hold it first.
    pub first: Shard,
    /// The stream that must hold it as soon as the first does.
    pub then: Option<Shard>,
    /// The event as JSON.
    pub json: String,
}

/// A message, or an element of one, that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRow {
    /// The message's sequence.
    pub sequence: u64,
    /// Which element of it, or the whole.
    pub index: Option<u32>,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
    /// What it was, as text: whole if it belongs to a transfer, else cut at [`ParkedRow::MAX_BODY`] bytes; the log has it all.
    pub body: String,
    /// When it was stored in the log, microseconds.
    pub at_us: i64,
    /// The transfer that it belongs to: what is heard of that waits behind it.
    pub transfer: Option<Uuid>,
    /// The account whose standing it tells: what else is said of that waits, too.
    pub account: Option<String>,
    /// The message's `traceparent` header.
    pub traceparent: Option<String>,
    /// The message's `ce-id` header.
    pub event_id: Option<String>,
}

impl ParkedRow {
    /// Enough to see what it was.
    pub const MAX_BODY: usize = 4096;

    /// Its place in the log as it is stored: the message's sequence, and the element, or -1 of the whole.
    pub fn place(&self) -> (u64, i64) {
        (self.sequence, self.index.map_or(-1, i64::from))
    }
}

/// Of what something was set aside: what is heard of that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocked {
    /// Transfers.
    pub transfers: BTreeSet<Uuid>,
    /// Accounts, as to how they stand.
    pub accounts: BTreeSet<String>,
}

impl Blocked {
    /// Of what these rows are.
    pub fn by<'r>(rows: impl IntoIterator<Item = &'r ParkedRow>) -> Self {
        let mut blocked = Self::default();
        for row in rows {
            blocked.transfers.extend(row.transfer);
            blocked.accounts.extend(row.account.clone());
        }
        blocked
    }

    /// Whether this is of what is blocked.
    pub fn holds(&self, transfer: Uuid, account: Option<&str>) -> bool {
        self.transfers.contains(&transfer) || account.is_some_and(|account| self.accounts.contains(account))
    }

    /// Adds what these are of.
    pub fn add(&mut self, more: Self) {
        self.transfers.extend(more.transfers);
        self.accounts.extend(more.accounts);
    }

    /// Takes out what these are of.
    pub fn remove(&mut self, gone: &Self) {
        self.transfers
            .retain(|transfer| !gone.transfers.contains(transfer));
        self.accounts.retain(|account| !gone.accounts.contains(account));
    }
}

/// Everything that one batch changes.
#[derive(Debug)]
pub struct Commit<'a, S> {
    /// Where the work stands afterwards.
    pub progress: Progress,
    /// What was handled, for the inbox.
    pub heard: &'a [Heard<'a>],
    /// The number of the event that was decided on each, if one was.
    pub decisions: &'a [Option<i64>],
    /// The rows that changed.
    pub state: &'a S,
    /// What was decided.
    pub events: &'a [Outgoing],
    /// What was set aside.
    pub parked: &'a [ParkedRow],
    /// What was set aside before, and is no longer.
    pub resolved: &'a [(ParkedRow, Resolved)],
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another instance has taken over; what we were about to write is void.
    #[error("another instance has taken over this shard")]
    TenureLost,
    /// The database is not as it must be.
    #[error("{0}")]
    Unfit(String),
    /// A row holds what this program does not store.
    #[error("the database holds what this program does not store: {0}")]
    Unreadable(#[from] Unreadable),
    /// The database failed.
    #[error("database: {0}{hint}", hint = crate::db::hint(.0))]
    Database(#[source] sqlx::Error),
}

impl Error {
    /// Whether a constraint of the tables refused what was to be written: it will again.
    pub fn is_a_constraint(&self) -> bool {
        use sqlx::error::ErrorKind;
        match self {
            Self::Database(sqlx::Error::Database(error)) => matches!(
                error.kind(),
                ErrorKind::UniqueViolation
                    | ErrorKind::ForeignKeyViolation
                    | ErrorKind::NotNullViolation
                    | ErrorKind::CheckViolation
            ),
            Self::Database(_) | Self::TenureLost | Self::Unfit(_) | Self::Unreadable(_) => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// What a batch has found: the causes among its own that were handled before, and the rows that it touches.
pub type Found<C> = (BTreeSet<Uuid>, <C as Decider>::State);

/// Who works on a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenure {
    /// We do, from here.
    Ours(Progress),
    /// Somebody else does.
    Held {
        /// Who.
        by: String,
        /// For how long yet, if it is not renewed, milliseconds.
        expires_in_ms: i64,
        /// From where on the log must hold every message: see [`Progress::whole_from`].
        whole_from: u64,
    },
}

/// The database of one (service, shard).
pub trait Store: Send {
    /// The service's rules.
    type Core: Decider;

    /// Takes the tenure if it is free.
    fn acquire(&mut self) -> impl Future<Output = Result<Tenure, Error>> + Send;

    /// Keeps the tenure, and writes how far the work has come, while there is nothing else to commit.
    fn renew(&mut self, progress: Progress) -> impl Future<Output = Result<(), Error>> + Send;

    /// Gives the tenure back, and writes how far the work has come.
    fn release(&mut self, progress: Progress) -> impl Future<Output = Result<(), Error>> + Send;

    /// Which of these causes have been handled before, and the rows with these keys: one round trip.
    fn find(
        &mut self,
        causes: &[EventId],
        keys: &<Self::Core as Decider>::Keys,
    ) -> impl Future<Output = Result<Found<Self::Core>, Error>> + Send;

    /// What is due at `now_us`, the most overdue first, at most `limit`.
    fn due(&mut self, now_us: i64, limit: i64) -> impl Future<Output = Result<Vec<Due>, Error>> + Send;

    /// Writes a batch, all or nothing.
    fn commit(
        &mut self,
        commit: Commit<'_, <Self::Core as Decider>::State>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Of what something is set aside.
    fn blocked(&mut self) -> impl Future<Output = Result<Blocked, Error>> + Send;

    /// What is set aside at this place of the log, and all that waits with it, in the order of the log.
    fn parked(
        &mut self,
        sequence: u64,
        index: Option<u32>,
    ) -> impl Future<Output = Result<Vec<ParkedRow>, Error>> + Send;

    /// The events behind number `after`, at most `limit`.
    fn events(&mut self, after: i64, limit: i64)
    -> impl Future<Output = Result<Vec<Outgoing>, Error>> + Send;

    /// What those who wait are to be told after this commit, and those whose request was a repeat.
    fn notices(
        &mut self,
        state: &<Self::Core as Decider>::State,
        repeats: &[Heard<'_>],
    ) -> impl Future<Output = Result<Vec<crate::bus::Notice>, Error>> + Send;
}
