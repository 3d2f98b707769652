//! The loop's counters. A service turns them into metrics; a simulation discards them.

use std::fmt::Debug;

use jiff::SignedDuration;
use wallet_contract::shard::Shard;

/// The contents of one committed batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Requests and events handled.
    pub inputs: usize,
    /// Requests and events that had been handled before.
    pub repeats: usize,
    /// Events decided.
    pub events: usize,
    /// Messages, or elements of messages, that were parked.
    pub parked: usize,
    /// The time from taking the batch to its commit, by the service's clock.
    pub took: SignedDuration,
}

/// Counts the work on one shard. The loop calls it after each step, so it must not block.
pub trait Meter: Debug + Send + Sync {
    /// A batch was committed.
    fn committed(&self, _batch: Counts) {}

    /// The shard's log has been handled up to this sequence.
    fn handled(&self, _position: u64) {}

    /// A batch was appended to the log, in this time.
    fn appended(&self, _took: SignedDuration) {}

    /// This many decisions are not yet in the log of shard `to`, which must hold them, too.
    fn pending(&self, _to: Shard, _decisions: usize) {}

    /// This instance no longer works on the shard.
    fn rest(&self) {}
}

/// Counts nothing.
impl Meter for () {}
