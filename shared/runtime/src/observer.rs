//! What a service watches of its own work, for metrics: told behind each commit, from what is in memory anyway.

use crate::bus::Notice;
use wallet_kernel::{Decider, Heard};

/// Watches one shard's batches. It is on the way of money: it may count, and hand on what takes longer.
pub trait Observer<C: Decider>: Send {
    /// A tenure begins. What was seen before may have gone on elsewhere.
    fn begin(&mut self) {}

    /// A batch is committed: what was heard, and the rows as they are now.
    fn committed(&mut self, _heard: &[Heard<'_>], _state: &C::State) {}

    /// After that, what those who wait are about to be told, and what was heard of them that was known.
    fn tells(&mut self, _repeats: &[Heard<'_>], _notices: &mut Vec<Notice>) {}
}

/// Nothing is watched.
impl<C: Decider> Observer<C> for () {}
