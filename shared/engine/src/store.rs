//! The database, as the loop requires it: a tenure, the rows of a batch, one transaction.
//!
//! Only the holder of a shard's tenure writes its rows, so they can be loaded before the transaction; the transaction itself
//! checks that the tenure is still held. It stays open while the decisions are appended to the log.

use std::collections::BTreeSet;
use std::future::Future;

use uuid::Uuid;
use wallet_contract::event::Resolved;
use wallet_contract::id::EventId;
use wallet_contract::log::LogPlace;
use wallet_contract::shard::Shard;
use wallet_kernel::{Decider, Due, Heard, Unreadable};

use crate::bus::{Known, Notice};

/// How long a tenure lasts unless renewed, and so the gap after an instance dies. It is renewed three times in that time.
pub const TENURE_MS: i64 = 3_000;

/// How far the work on a shard has progressed. Read when a tenure begins; written with each commit, and shortly after messages that
/// do not concern the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The sequence of the last handled message.
    pub position: u64,
    /// When that message was stored, microseconds since 1970; the log's time never decreases.
    pub at_us: i64,
    /// The number of the last decided event.
    pub last_no: i64,
    /// The sequence from which the log must hold every message: its first, or the one from which `wallet heal` restored them all.
    /// Healing writes it, and says so in the log for databases that begin anew.
    pub whole_from: u64,
    /// The last handled element of the message after `position`, if some of them are handled.
    pub within: Option<u32>,
    /// A place in our own log up to which all events are decided here. The last batch may be after it, since its place is only known once
    /// it is in the log.
    pub own: LogPlace,
}

impl Progress {
    /// The last handled place of the log.
    pub fn place(&self) -> LogPlace {
        match self.within {
            Some(element) => LogPlace::element(self.position.saturating_add(1), element),
            None => LogPlace::message(self.position),
        }
    }

    /// The progress at a later place, whose message was stored at `at_us`.
    #[must_use]
    pub fn at(self, place: LogPlace, at_us: i64) -> Self {
        let position = match place.element {
            Some(_) => place.sequence.saturating_sub(1),
            None => place.sequence,
        };
        Self {
            position,
            within: place.element,
            at_us: self.at_us.max(at_us),
            ..self
        }
    }

    /// The messages that the log must hold.
    pub fn known(&self) -> Known {
        Known {
            position: self.position,
            at_us: self.at_us,
            whole_from: self.whole_from,
        }
    }
}

/// A decided event, as stored and published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its number in this store, without gaps.
    pub no: i64,
    /// Its id.
    pub id: EventId,
    /// The shard whose stream must hold it first.
    pub first: Shard,
    /// The shard whose stream must hold it once the first does.
    pub then: Option<Shard>,
    /// The event as JSON.
    pub json: String,
}

/// A parked message, or a parked element of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRow {
    /// Its position in the log.
    pub place: LogPlace,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
    /// Its text: complete if it belongs to a transfer, otherwise cut at [`ParkedRow::MAX_BODY`] bytes; the log has the rest.
    pub body: String,
    /// When it was stored in the log, microseconds.
    pub at_us: i64,
    /// The transfer that it belongs to, whose later messages wait for it.
    pub transfer: Option<Uuid>,
    /// The account whose standing it reports; later messages about that account wait for it, too.
    pub account: Option<String>,
    /// The message's `traceparent` header.
    pub traceparent: Option<String>,
    /// The message's `ce-id` header.
    pub event_id: Option<String>,
}

impl ParkedRow {
    /// Enough to recognise the message.
    pub const MAX_BODY: usize = 4096;
}

/// Transfers and accounts with a parked message. Later messages about them wait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocked {
    /// The transfers.
    pub transfers: BTreeSet<Uuid>,
    /// The accounts, for messages about their standing.
    pub accounts: BTreeSet<String>,
}

impl Blocked {
    /// The transfers and accounts of these rows.
    pub fn by<'r>(rows: impl IntoIterator<Item = &'r ParkedRow>) -> Self {
        let mut blocked = Self::default();
        for row in rows {
            blocked.transfers.extend(row.transfer);
            blocked.accounts.extend(row.account.clone());
        }
        blocked
    }

    /// Whether the transfer or the account is blocked.
    pub fn holds(&self, transfer: Uuid, account: Option<&str>) -> bool {
        self.transfers.contains(&transfer) || account.is_some_and(|account| self.accounts.contains(account))
    }

    /// Blocks more transfers and accounts.
    pub fn add(&mut self, more: Self) {
        self.transfers.extend(more.transfers);
        self.accounts.extend(more.accounts);
    }

    /// Unblocks these transfers and accounts.
    pub fn remove(&mut self, gone: &Self) {
        self.transfers
            .retain(|transfer| !gone.transfers.contains(transfer));
        self.accounts.retain(|account| !gone.accounts.contains(account));
    }
}

/// Everything that a batch changes.
#[derive(Debug)]
pub struct Commit<'a, S> {
    /// The progress after the batch.
    pub progress: Progress,
    /// The handled inputs, for the inbox.
    pub heard: &'a [Heard<'a>],
    /// For each input, the number of the event decided on it, if any.
    pub decisions: &'a [Option<i64>],
    /// The rows of the batch, changed or unchanged.
    pub state: &'a S,
    /// The decided events.
    pub events: &'a [Outgoing],
    /// The newly parked messages.
    pub parked: &'a [ParkedRow],
    /// Messages parked earlier that are now resolved.
    pub resolved: &'a [(ParkedRow, Resolved)],
}

/// Why a call to the store failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another instance has taken over; nothing was written.
    #[error("another instance has taken over this shard")]
    TenureLost,
    /// The database is not one that this program can use.
    #[error("{0}")]
    Unfit(String),
    /// A row holds a value that this program does not store.
    #[error("the database has a value that this program would not store: {0}")]
    Unreadable(#[from] Unreadable),
    /// The database failed.
    #[error("database: {source}")]
    Database {
        /// The error, with advice for the operator where there is any.
        source: Box<dyn std::error::Error + Send + Sync>,
        /// Whether a constraint of the tables refused the write, so that a retry would be refused again.
        by_constraint: bool,
    },
}

impl Error {
    /// Whether a constraint of the tables refused the write.
    pub fn is_a_constraint(&self) -> bool {
        matches!(
            self,
            Self::Database {
                by_constraint: true,
                ..
            }
        )
    }
}

/// The result of a batch's look-ups: which of its causes were handled before, and the rows that it touches.
pub type Found<C> = (BTreeSet<Uuid>, <C as Decider>::State);

/// The holder of the right to work on a shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenure {
    /// This instance, starting from this progress.
    Ours(Progress),
    /// Another instance.
    Held {
        /// Its name.
        by: String,
        /// How long its tenure lasts unless renewed, milliseconds.
        expires_in_ms: i64,
        /// The sequence from which the log must hold every message: see [`Progress::whole_from`].
        whole_from: u64,
    },
}

/// The database of one (service, shard).
pub trait Store: Send {
    /// The service's rules.
    type Core: Decider;
    /// Reads the event table beside the loop.
    type Events: Events;

    /// Takes the tenure if nobody holds it.
    fn acquire(&mut self) -> impl Future<Output = Result<Tenure, Error>> + Send;

    /// Renews the tenure and writes the progress while there is nothing else to commit.
    fn renew(&mut self, progress: Progress) -> impl Future<Output = Result<(), Error>> + Send;

    /// Gives the tenure back and writes the progress.
    fn release(&mut self, progress: Progress) -> impl Future<Output = Result<(), Error>> + Send;

    /// Looks up which of these causes were handled before, and the rows with these keys, in one round trip.
    fn find(
        &mut self,
        causes: &[EventId],
        keys: &<Self::Core as Decider>::Keys,
    ) -> impl Future<Output = Result<Found<Self::Core>, Error>> + Send;

    /// Reservations due at `now_us`, the most overdue first, at most `limit`.
    fn due(&mut self, now_us: i64, limit: i64) -> impl Future<Output = Result<Vec<Due>, Error>> + Send;

    /// Writes a batch into a transaction and leaves it open.
    fn write(
        &mut self,
        commit: Commit<'_, <Self::Core as Decider>::State>,
    ) -> impl Future<Output = Result<(), Error>> + Send;

    /// Commits the open transaction.
    fn settle(&mut self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Rolls back the open transaction, if there is one.
    fn abandon(&mut self) -> impl Future<Output = ()> + Send;

    /// Shows what was just decided and committed to whatever watches the service.
    fn observe(&mut self, _heard: &[Heard<'_>], _state: &<Self::Core as Decider>::State) {}

    /// The last event in the event table.
    fn last_event(&mut self) -> impl Future<Output = Result<Option<Outgoing>, Error>> + Send;

    /// The event table.
    fn event_table(&self) -> Self::Events;

    /// The transfers and accounts with a parked message.
    fn blocked(&mut self) -> impl Future<Output = Result<Blocked, Error>> + Send;

    /// The parked message at this position of the log, and all messages connected with it, in log order.
    fn parked(&mut self, place: LogPlace) -> impl Future<Output = Result<Vec<ParkedRow>, Error>> + Send;

    /// The notices to send after this commit: the outcomes of the batch, and again those of repeated requests.
    fn notices(
        &mut self,
        state: &<Self::Core as Decider>::State,
        repeats: &[Heard<'_>],
    ) -> impl Future<Output = Result<Vec<Notice>, Error>> + Send;
}

/// The event table of a shard.
pub trait Events: Clone + Send {
    /// The number of an event, if it is in the table.
    fn number(&mut self, id: EventId) -> impl Future<Output = Result<Option<i64>, Error>> + Send;

    /// Events after a number that another shard must hold, too; at most `limit`.
    fn to(
        &mut self,
        shard: Shard,
        after: i64,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Outgoing>, Error>> + Send;
}
