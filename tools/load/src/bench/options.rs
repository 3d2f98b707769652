//! What is measured.

use wallet_client::Sharing;

/// What is measured, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many transfers are made in bulk.
    pub transfers: u64,
    /// Among how many accounts.
    pub accounts: u32,
    /// Plain transfers, or reservations that are confirmed.
    pub mode: Mode,
    /// How many of a hundred transfers touch one and the same account.
    pub hot_percent: u8,
    /// How many requests one message holds.
    pub batch: u32,
    /// Send this many single requests a second instead, and measure from publish to outcome.
    pub rate: Option<u32>,
    /// Let this many callers each send a request, wait for its outcome, and send the next instead.
    pub callers: Option<u32>,
    /// Which of the callers' requests share a message.
    pub sharing: Sharing,
    /// For how long, with a rate or callers.
    pub seconds: u32,
    /// What the choice of accounts and amounts begins from.
    pub seed: u64,
}

impl Options {
    /// What `wallet bench` measures when nothing else is said.
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

/// Which transfers are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Transfers of one phase.
    Transfer,
    /// Transfers of two phases: reserve and confirm.
    Reserve,
}

impl Mode {
    /// The word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Transfer => "transfer",
            Self::Reserve => "reserve",
        }
    }
}
