//! A line of a statement.

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;
use wallet_contract::trace::TraceId;
use wallet_kernel::{Cell, Field, Kind, Value};

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

/// A place in a shard's log as one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogNo(pub i64);

/// The newest line of an account's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Which line, counted from 1.
    pub line: i64,
    /// Where it stands.
    pub no: LogNo,
}

/// One line of a statement: double entry between what an account has available, what it holds, and `@in-transit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Whose line.
    pub account: AccountId,
    /// In which currency.
    pub currency: Currency,
    /// Where the event stands in the account's log.
    pub no: LogNo,
    /// When it was stored there, microseconds; never goes back.
    pub at_us: i64,
    /// Which line it is of the account's books in the currency, counted from 1.
    pub line: i64,
    /// Where the line before it stands.
    pub previous: Option<LogNo>,
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

impl LogNo {
    /// A message holds at most 10,000 requests or events: fewer than 2 to the power of these bits.
    const INDEX_BITS: u32 = 14;

    /// The number of an element of a message.
    pub fn new(sequence: u64, index: u32) -> Self {
        Self(i64::try_from((sequence << Self::INDEX_BITS) | u64::from(index)).unwrap_or(i64::MAX))
    }

    /// The sequence of the message.
    pub fn sequence(self) -> i64 {
        self.0 >> Self::INDEX_BITS
    }

    /// Which element of it, counted from 0.
    pub fn index(self) -> i64 {
        self.0 & ((1 << Self::INDEX_BITS) - 1)
    }
}

wallet_kernel::words!(BookingKind "booking" {
    Debit = "debit",
    Credit = "credit",
    Reversal = "reversal",
    Hold = "hold",
    Release = "release",
});

impl From<LogNo> for Value<'_> {
    fn from(no: LogNo) -> Self {
        Value::Int(no.0)
    }
}

impl Field for LogNo {
    const KIND: Kind = Kind::Int;
    const WANTED: &'static str = "place in the log";

    fn read(cell: &Cell) -> Option<Self> {
        i64::read(cell).map(Self)
    }
}
