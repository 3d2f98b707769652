//! A line of a statement.

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::log::LogPlace;
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

/// The newest line of an account's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Which line, counted from 1.
    pub line: i64,
    /// Where it stands.
    pub no: LogPlace,
}

/// One line of a statement: double entry between what an account has available, what it holds, and `@in-transit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Whose line.
    pub account: AccountId,
    /// In which currency.
    pub currency: Currency,
    /// Where the event stands in the account's log.
    pub no: LogPlace,
    /// When it was stored there, microseconds; never goes back.
    pub at_us: i64,
    /// Which line it is of the account's books in the currency, counted from 1.
    pub line: i64,
    /// Where the line before it stands.
    pub previous: Option<LogPlace>,
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
    /// The line's text.
    pub memo: Option<String>,
    /// The transfer that this one gives back.
    pub reverses: Option<TransferId>,
}

wallet_kernel::words!(BookingKind "booking" {
    Debit = "debit",
    Credit = "credit",
    Reversal = "reversal",
    Hold = "hold",
    Release = "release",
});
