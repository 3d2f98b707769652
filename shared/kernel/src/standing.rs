//! Whether an account pays and receives.

/// Whether an account pays and receives, as far as one service knows it; the same in all its currencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It pays and receives.
    Open,
    /// It neither pays nor receives for now.
    Frozen,
    /// It no longer receives, and pays until debit-svc has said that it is at zero. debit-svc itself does not store this.
    Closing,
    /// It never pays or receives again.
    Closed,
}

crate::words!(Standing "standing" {
    Open = "open",
    Frozen = "frozen",
    Closing = "closing",
    Closed = "closed",
});
