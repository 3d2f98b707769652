//! How a service observes its own commits, for metrics. The loop calls it after each commit, with data that is in memory anyway.

use wallet_kernel::{Decider, Heard};

use crate::bus::Notice;

/// Observes the batches of one shard. It runs on the commit path: it may count, and must hand over anything that takes longer.
pub trait Observer<C: Decider>: Send {
    /// A tenure begins. Flows seen in an earlier tenure may have continued on another instance.
    fn begin(&mut self) {}

    /// A batch was committed: its inputs, and the rows as they are now.
    fn committed(&mut self, _heard: &[Heard<'_>], _state: &C::State) {}

    /// Called after `committed`: the notices about to be sent, and the inputs that had been handled before.
    fn notify(&mut self, _repeats: &[Heard<'_>], _notices: &mut Vec<Notice>) {}
}

/// Observes nothing.
impl<C: Decider> Observer<C> for () {}
