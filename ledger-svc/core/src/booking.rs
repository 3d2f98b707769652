//! One line of a statement.

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::log::LogPlace;
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;

/// The direction of a booking, and its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingKind {
    /// The payer has paid: account → `@in-transit`.
    Debit,
    /// The payee has received: `@in-transit` → account.
    Credit,
    /// The payer got the money back: `@in-transit` → account.
    Reversal,
    /// Available money is now held.
    Hold,
    /// Held money is available again.
    Release,
}

/// The newest line of an account's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Its line number, from 1.
    pub line: i64,
    /// Its place in the log.
    pub no: LogPlace,
}

/// One line of a statement: a double entry between an account's available and held balances and `@in-transit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// The account that the line belongs to.
    pub account: AccountId,
    /// Its currency.
    pub currency: Currency,
    /// The place of the event in the account's log.
    pub no: LogPlace,
    /// When the log stored the event, in microseconds. Never decreases from line to line.
    pub at_us: i64,
    /// The line number in the account's books in this currency, from 1.
    pub line: i64,
    /// The place of the line before it.
    pub previous: Option<LogPlace>,
    /// Direction and reason.
    pub kind: BookingKind,
    /// The change of the available balance, in minor units.
    pub amount: i64,
    /// The change of the held balance. `@in-transit` changes by the opposite of the sum of both.
    pub held: i64,
    /// The available balance after this line.
    pub balance: i64,
    /// The held balance after this line.
    pub held_balance: i64,
    /// The other party of the transfer.
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
