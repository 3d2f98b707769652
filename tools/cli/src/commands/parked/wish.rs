//! What an operator wants done about one parked message.

use wallet_contract::id::TransferId;
use wallet_contract::parking::Action;

use crate::args::ParkedId;
use crate::parked::Said;

/// What somebody wants done.
pub(super) struct Wish {
    pub(super) id: ParkedId,
    pub(super) action: Action,
    /// The requests that it leads to.
    pub(super) requests: Vec<TransferId>,
    /// What has been said that decides it: now, or before.
    pub(super) said: Option<Said>,
    /// Whether it was said now.
    pub(super) is_new: bool,
}
