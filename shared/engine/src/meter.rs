//! What the loop counts. A service turns it into metrics; a simulation counts nothing.

use std::fmt::Debug;

use jiff::SignedDuration;

/// What one committed batch held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Requests and events handled.
    pub inputs: usize,
    /// Requests and events that were handled before.
    pub repeats: usize,
    /// Events decided.
    pub events: usize,
    /// Messages, or elements of messages, parked.
    pub parked: usize,
    /// From taking the batch to its commit, by the service's clock.
    pub took: SignedDuration,
}

/// Counts the work on one shard. The loop calls it after each step, so it must not wait.
pub trait Meter: Debug + Send + Sync {
    /// A batch was committed.
    fn committed(&self, _batch: Counts) {}

    /// The shard's log has been handled up to this sequence.
    fn handled(&self, _position: u64) {}

    /// So many events are committed and not yet published.
    fn unpublished(&self, _events: i64) {}

    /// A batch was published, so long after its commit.
    fn published(&self, _took: SignedDuration) {}

    /// This instance no longer works on the shard.
    fn rest(&self) {}
}

/// Counts nothing.
impl Meter for () {}
