//! What facts consist of: a movement of money, its terms, how it failed, what was parked.

use jiff::Timestamp;

use crate::id::{AccountId, EventId, TransferId, derive};
use crate::log::LogPlace;
use crate::money::{Amount, BadAmount, Currency, Money};
use crate::subject::Verb;

/// One movement of money that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// From whom.
    pub payer: AccountId,
    /// To whom.
    pub payee: AccountId,
    /// How much of what.
    pub money: Money,
    /// A line for the statement.
    pub memo: Option<String>,
    /// How much had been reserved for it, if it is what was confirmed of a reservation.
    pub reserved: Option<Amount>,
    /// The transfer that this one gives back, in whole or in part: the same two accounts, the other way.
    pub reverses: Option<TransferId>,
}

impl Movement {
    /// What asks for it at once, under this id: a transfer, or a reverse if it gives one back. The request's id is that of its content.
    pub fn asked(&self, id: TransferId) -> (Verb, EventId) {
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

    /// How much leaves what is held; nothing if nothing was.
    pub fn held(&self) -> i64 {
        self.reserved.map_or(0, Amount::minor)
    }
}

/// For how long a reservation holds, and whether it waits for anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// From when on it may be released although nobody cancelled it.
    pub expires: Timestamp,
    /// Whether the payee's promise confirms it.
    pub auto_confirm: bool,
}

/// How far below zero an account may go, in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdraft {
    /// This far; zero for most.
    Limit(i64),
    /// As far as can be counted.
    Unlimited,
}

impl Overdraft {
    /// No overdraft at all.
    pub const NONE: Self = Self::Limit(0);

    /// Reads `"unlimited"` or a decimal string.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, BadAmount> {
        if text == "unlimited" {
            Ok(Self::Unlimited)
        } else {
            currency.parse_minor(text).map(Self::Limit)
        }
    }

    /// Writes what [`Overdraft::parse`] reads.
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
    /// It was debited, not credited, and given back.
    Compensated,
    /// It was reserved, or was to be, and cancelled.
    Cancelled,
    /// It was reserved and not confirmed in time.
    Expired,
}

impl Failure {
    /// All of them.
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

/// Where a message that nobody could read stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    /// Its sequence in the shard's stream.
    pub sequence: u64,
    /// Which element of it, counted from 0; the whole message if it can't be cut into elements.
    pub index: Option<u32>,
    /// Its subject.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
    /// The transfer that it belongs to, if that is known: what is heard of that waits behind it.
    pub transfer: Option<TransferId>,
}

/// What became of a message that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Its sequence in the shard's stream.
    pub sequence: u64,
    /// Which element of it, as in [`Parked`].
    pub index: Option<u32>,
    /// What became of it.
    pub how: Resolution,
    /// The sequence of the instruction, in the same stream.
    pub instruction: u64,
}

/// What can become of a message that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It could be handled.
    Retried,
    /// The message with this sequence of the same stream stands for it.
    Replaced(u64),
    /// It was let go, for this reason.
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

impl Parked {
    /// Where the message stands in the log.
    pub fn place(&self) -> LogPlace {
        let (sequence, element) = (self.sequence, self.index);
        LogPlace { sequence, element }
    }
}
