//! What an operator wants done about one parked message.

use wallet_contract::id::TransferId;
use wallet_contract::parking::Action;

use crate::args::ParkedId;
use crate::parked::Said;

/// An operator's wish.
pub(super) struct Wish {
    pub(super) id: ParkedId,
    pub(super) action: Action,
    /// The requests that it leads to.
    pub(super) requests: Vec<TransferId>,
    /// The instruction that decides it, published now or before.
    pub(super) said: Option<Said>,
    /// Whether it was published now.
    pub(super) is_new: bool,
}
