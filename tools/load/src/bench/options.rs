//! What to measure.

use wallet_client::Sharing;

/// What to measure, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The number of transfers in bulk.
    pub transfers: u64,
    /// The number of accounts.
    pub accounts: u32,
    /// Plain transfers, or reservations that are confirmed.
    pub mode: Mode,
    /// The percentage of transfers that touch one hot account.
    pub hot_percent: u8,
    /// The number of requests per message.
    pub batch: u32,
    /// Send this many single requests a second instead, and measure from publish to outcome.
    pub rate: Option<u32>,
    /// Use this many callers instead, each sending a request and waiting for its outcome before the next.
    pub callers: Option<u32>,
    /// Which of the callers' requests share a message.
    pub sharing: Sharing,
    /// The duration, with a rate or callers.
    pub seconds: u32,
    /// The seed for the choice of accounts and amounts.
    pub seed: u64,
}

impl Options {
    /// The defaults of `wallet bench`.
    pub const DEFAULT: Self = Self {
        transfers: 200_000,
        accounts: 1_000,
        mode: Mode::Transfer,
        hot_percent: 0,
        batch: 500,
        rate: None,
        callers: None,
        sharing: Sharing::Nothing,
        seconds: 20,
        seed: 1,
    };
}

/// The kind of transfers to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One-phase transfers.
    Transfer,
    /// Two-phase transfers: reserve and confirm.
    Reserve,
}

impl Mode {
    /// The name in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Reserve => "reserve",
        }
    }
}
