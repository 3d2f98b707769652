//! Whether an account may pay and receive.

/// Whether an account may pay and receive, as far as one service knows; the same in all its currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may pay and receive.
    Open,
    /// It may neither pay nor receive for now.
    Frozen,
    /// It no longer receives. It may pay until debit-svc has stated that its balance is zero. debit-svc itself does not store this value.
    Closing,
    /// It may never pay or receive again.
    Closed,
}

crate::words!(Standing "standing" {
    Open = "open",
    Frozen = "frozen",
    Closing = "closing",
    Closed = "closed",
});
