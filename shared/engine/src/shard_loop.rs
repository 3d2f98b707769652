//! The loop of one (service, shard): the log decides, the database follows.
//!
//! A decision is made when it is in the log of its own shard. The database is what that log adds up to, so it is never ahead of it,
//! and nobody is told anything that is not in the log.
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
//! | `checking` | periodically checks that the stream is still intact, beside the work or while standing by |
//! | `caution` | handles messages that may have caused a failure element by element, and parks an element that fails by itself |
//! | [`rebuild`] | rebuilds a database from the log alone |
//! | `skips` | what was skipped in a log that was healed |
//! | `report` | logs and counts what was decided |
//!
//! Every failure, including a panic, leads back to the first step, which reads everything again: there is only one way to start.

pub mod append;
mod catch_up;
mod caution;
mod checking;
mod copies;
mod elements;
mod live;
mod merge;
pub mod rebuild;
pub mod record;
mod report;
mod skips;
mod tenure;

use std::sync::Arc;

use tokio::sync::RwLock;
use tokio_util::sync::CancellationToken;
use wallet_contract::subject::Service;
use wallet_kernel::Place;

pub use self::record::Limits;
pub use self::tenure::run;
use crate::clock::Clock;
use crate::meter::Meter;
use crate::status::Board;

/// Everything that a loop needs besides its store.
#[derive(Debug)]
pub struct Context<B> {
    /// The service.
    pub service: Service,
    /// The shard.
    pub place: Place,
    /// The log.
    pub bus: B,
    /// The clock.
    pub clock: Clock,
    /// Where to report the loop's state.
    pub board: Board,
    /// Counts the work.
    pub meter: Box<dyn Meter>,
    /// Cancelled to stop the loop.
    pub stop: CancellationToken,
    /// The name of this instance, unique to this process.
    pub instance: String,
    /// The largest envelope.
    pub limits: Limits,
    /// Copies are sent to other shards only while nobody holds this exclusively: see `wallet backup`.
    pub copies: Arc<RwLock<()>>,
}
