//! The loop that will replace [`crate::shard_loop`]: the log decides, the database follows.
//!
//! A decision is made when it is in the log of its own shard. The database is what that log adds up to, so it is never ahead of it,
//! and nobody is told anything that is not in the log. So far only the simulation runs this loop.
//!
//! | step | what | if it fails, or the process dies here |
//! |---|---|---|
//! | acquire | take the shard's lease, a hint about who should work, or stand by | try again |
//! | open | append an opening to our own subject; no older message can be accepted there any more | try again |
//! | catch up | apply what the record, our own subject up to the opening, says; decide nothing | open and catch up again |
//! | take | take messages after our place, up to a limit; periodically, what is due by the log's time | open and catch up again |
//! | decide | drop repeats, load rows, decide in memory | open and catch up again |
//! | write | write rows into a transaction, so that constraints can still refuse the decisions | nothing was decided |
//! | append | append the decisions to our own subject, naming the message before; repeat until the fate is known | decided is what the log holds: catch up |
//! | commit | commit the transaction, without waiting for the disk | catch up |
//! | tell | send outcomes; wake the senders, which copy events to other shards | a client asks again; the senders read the event table |
//!
//! | module | does |
//! |---|---|
//! | `append` | appends, and finds out what became of an append |
//! | `record` | reads our own subject; cuts decisions into envelopes |
//! | `elements` | reads messages, element by element |
//! | `merge` | applies the record to the elements that it answers |
//! | `catch_up` | applies all of the record, at the start of a tenure |
//! | `live` | decides on the elements after the record |
//! | `tenure` | the steps above, in order |
//! | `copies` | sends events to the other shards that must hold them |

pub mod append;
mod catch_up;
mod copies;
mod elements;
mod live;
mod merge;
pub mod record;
mod tenure;

use std::future::Future;

use bytes::Bytes;
use wallet_contract::id::EventId;
use wallet_contract::shard::Shard;
use wallet_kernel::{Decider, Heard};

pub use self::record::Limits;
pub use self::tenure::run;
use crate::bus::{self, Bus, Message};
use crate::store::{self, Commit, Outgoing, Store};

/// A message for a subject with one writer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The shard whose log is to hold it.
    pub shard: Shard,
    /// Its subject.
    pub subject: String,
    /// Its body: an envelope.
    pub payload: Bytes,
    /// The tenure that writes it: see [`Message::writer`].
    pub writer: String,
    /// The sequence of the last message on the subject, or 0: the message is refused if that is another one.
    pub after: u64,
}

/// The log, as this loop requires it.
pub trait Log: Bus {
    /// Appends a message and waits until it is durable. Returns its sequence, or `None` if it was refused because of `after`. After an
    /// error its fate is open: it may be stored, or be stored later.
    fn append(&self, message: &Append) -> impl Future<Output = Result<Option<u64>, bus::Error>> + Send;

    /// The messages on a subject after a sequence, up to and including another, at most about `max_weight` of them, in order.
    fn on(
        &self,
        shard: Shard,
        subject: &str,
        after: u64,
        until: u64,
        max_weight: usize,
    ) -> impl Future<Output = Result<Vec<Message>, bus::Error>> + Send;

    /// The sequence of the last message on a subject, or 0; and the last one that has a writer.
    fn last(
        &self,
        shard: Shard,
        subject: &str,
    ) -> impl Future<Output = Result<(u64, Option<Message>), bus::Error>> + Send;
}

/// The database, as this loop requires it.
pub trait Base: Store {
    /// Reads the event table beside the loop.
    type Events: Events;

    /// Writes a batch into a transaction and leaves it open.
    fn write(
        &mut self,
        commit: Commit<'_, <Self::Core as Decider>::State>,
    ) -> impl Future<Output = Result<(), store::Error>> + Send;

    /// Commits the open transaction.
    fn settle(&mut self) -> impl Future<Output = Result<(), store::Error>> + Send;

    /// Shows what was just decided and committed to whatever watches the service.
    fn observe(&mut self, _heard: &[Heard<'_>], _state: &<Self::Core as Decider>::State) {}

    /// Rolls back the open transaction, if there is one.
    fn abandon(&mut self) -> impl Future<Output = ()> + Send;

    /// The last event in the event table.
    fn last_event(&mut self) -> impl Future<Output = Result<Option<Outgoing>, store::Error>> + Send;

    /// The event table.
    fn event_table(&self) -> Self::Events;
}

/// The event table of a shard.
pub trait Events: Clone + Send {
    /// The number of an event, if it is in the table.
    fn number(&mut self, id: EventId) -> impl Future<Output = Result<Option<i64>, store::Error>> + Send;

    /// Events after a number that another shard must hold, too; at most `limit`.
    fn to(
        &mut self,
        shard: Shard,
        after: i64,
        limit: i64,
    ) -> impl Future<Output = Result<Vec<Outgoing>, store::Error>> + Send;
}
