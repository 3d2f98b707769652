//! The parts of facts: a movement of money, its terms, its failure, a parked message.

use jiff::Timestamp;

use crate::id::{AccountId, EventId, TransferId, derive};
use crate::log::LogPlace;
use crate::money::{Amount, BadAmount, Currency, Money};
use crate::subject::Verb;

/// A requested movement of money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// The payer.
    pub payer: AccountId,
    /// The payee.
    pub payee: AccountId,
    /// The amount and currency.
    pub money: Money,
    /// A line of text for the statement.
    pub memo: Option<String>,
    /// The reserved amount, if this movement is the confirmed part of a reservation.
    pub reserved: Option<Amount>,
    /// The transfer that this movement reverses, in whole or in part: the same two accounts in the opposite direction.
    pub reverses: Option<TransferId>,
}

impl Movement {
    /// The request for this movement under this id: its verb (transfer, or reverse if it reverses a transfer), and the id derived from its
    /// content.
    pub fn request(&self, id: TransferId) -> (Verb, EventId) {
        let verb = self.reverses.map_or(Verb::Transfer, |_| Verb::Reverse);
        let amount = self.money.decimal();
        let texts = [
            verb.token(),
            self.payee.as_str(),
            &amount,
            self.money.currency.code(),
            "",
            self.memo.as_deref().unwrap_or_default(),
        ];
        let mut content: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        content.extend(self.reverses.as_ref().map(|id| &id.0.as_bytes()[..]));
        (verb, derive(&self.payer, id.0, &content))
    }

    /// The amount that leaves the held money; zero if nothing was held.
    pub fn held(&self) -> i64 {
        self.reserved.map_or(0, Amount::minor)
    }
}

/// The terms of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// When it may be released even if nobody cancels it.
    pub expires: Timestamp,
    /// Whether the payee's promise confirms it without a request.
    pub auto_confirm: bool,
}

/// How far an account's balance may fall below zero, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdraft {
    /// By at most this amount; usually zero.
    Limit(i64),
    /// By any amount that can be represented.
    Unlimited,
}

impl Overdraft {
    /// No overdraft.
    pub const NONE: Self = Self::Limit(0);

    /// Parses `"unlimited"` or a decimal string.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, BadAmount> {
        if text == "unlimited" {
            Ok(Self::Unlimited)
        } else {
            currency.parse_minor(text).map(Self::Limit)
        }
    }

    /// Formats the value as [`Overdraft::parse`] expects it.
    pub fn format(self, currency: Currency) -> String {
        match self {
            Self::Limit(minor) => currency.format_minor(minor),
            Self::Unlimited => "unlimited".to_owned(),
        }
    }
}

/// How a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing was ever debited.
    Refused,
    /// It was debited, not credited, and the payer has the money back.
    Compensated,
    /// It was reserved, or was to be reserved, and was cancelled.
    Cancelled,
    /// It was reserved and not confirmed in time.
    Expired,
}

impl Failure {
    /// All variants.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Compensated, Self::Cancelled, Self::Expired];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Compensated => "compensated",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// A parked message: its position, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// The position of the parked element in the log, or of the whole message, if it can't be split into elements.
    pub place: LogPlace,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
    /// The transfer that it belongs to, if known: later messages of that transfer wait for this one.
    pub transfer: Option<TransferId>,
}

/// How a parked message was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Its position in the log, as in [`Parked`].
    pub place: LogPlace,
    /// The resolution.
    pub how: Resolution,
    /// The sequence of the instruction, in the same stream.
    pub instruction: u64,
}

/// The possible resolutions of a parked message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It could be handled after all.
    Retried,
    /// It was replaced by the message with this sequence in the same stream.
    Replaced(u64),
    /// It was dropped, for this reason.
    Discarded(String),
}

impl Resolution {
    /// The word on the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Retried => "retried",
            Self::Replaced(_) => "replaced",
            Self::Discarded(_) => "discarded",
        }
    }
}
