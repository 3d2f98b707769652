//! A line of a statement.

use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;

/// Which way a booking goes, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingKind {
    /// The payer has paid: account → `@in-transit`.
    Debit,
    /// The payee has received: `@in-transit` → account.
    Credit,
    /// The payer got it back: `@in-transit` → account.
    Reversal,
    /// What was available is held.
    Hold,
    /// What was held is available again.
    Release,
}

/// One line of a statement: double entry between what an account has available, what it holds, and `@in-transit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Whose line.
    pub account: AccountId,
    /// In which currency.
    pub currency: Currency,
    /// When the event was stored in the account's log, microseconds; never goes back.
    pub at_us: i64,
    /// The sequence of the event's message in the account's stream.
    pub sequence: u64,
    /// Which element of the message.
    pub index: u32,
    /// Why.
    pub kind: BookingKind,
    /// What the account gains of what is available, minor units.
    pub amount: i64,
    /// What it gains of what is held. `@in-transit` gains the opposite of both.
    pub held: i64,
    /// What is available behind it.
    pub balance: i64,
    /// What is held behind it.
    pub held_balance: i64,
    /// Who is at the other end of the transfer.
    pub counterparty: AccountId,
    /// The transfer.
    pub transfer: TransferId,
    /// Its trace.
    pub trace: TraceId,
    /// The event that was booked.
    pub event: EventId,
    /// The line's text.
    pub memo: Option<String>,
    /// The transfer that this one gives back.
    pub reverses: Option<TransferId>,
}

impl BookingKind {
    /// The word that is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Reversal => "reversal",
            Self::Hold => "hold",
            Self::Release => "release",
        }
    }
}
