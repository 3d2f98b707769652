//! What an operator wants done about a parked message.

use wallet_contract::id::TransferId;
use wallet_contract::parking::Action;

use crate::args::ParkedId;
use crate::parked::Recorded;

/// What is to be done about one message.
pub(super) struct Task {
    pub(super) id: ParkedId,
    pub(super) action: Action,
    /// The requests that it leads to.
    pub(super) requests: Vec<TransferId>,
    /// The instruction that decides it, published now or before.
    pub(super) recorded: Option<Recorded>,
    /// Whether it was published now.
    pub(super) is_new: bool,
}
