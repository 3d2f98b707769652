//! Why a request was refused: a stable code for machines, a sentence for people.

use std::fmt;
use std::str::FromStr;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// Why a request was refused. A code never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// All reasons.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }
        }
    };
}

reasons! {
    /// The payer may not spend that much.
    InsufficientFunds = "insufficient_funds",
    /// No such account was opened.
    AccountNotFound = "account_not_found",
    /// The account was not opened in that currency.
    CurrencyNotOpen = "currency_not_open",
    /// The account is frozen.
    AccountFrozen = "account_frozen",
    /// The account is closed, or closing.
    AccountClosed = "account_closed",
    /// The account is already open in that currency.
    AlreadyOpen = "already_open",
    /// The account is not frozen, so it can't be unfrozen.
    NotFrozen = "not_frozen",
    /// The account still holds, owes or moves money, so it can't be closed.
    BalanceNotZero = "balance_not_zero",
    /// Payer and payee are the same account.
    SameAccount = "same_account",
    /// Not a valid amount in that currency.
    InvalidAmount = "invalid_amount",
    /// Not a valid account name in this position.
    InvalidAccount = "invalid_account",
    /// Not an ISO 4217 currency with minor units.
    UnknownCurrency = "unknown_currency",
    /// A field is missing, unknown, too long or of the wrong type.
    InvalidRequest = "invalid_request",
    /// The id was already used for a request with different content.
    IdReused = "id_reused",
    /// The request was sent to a shard that does not own the account.
    WrongShard = "wrong_shard",
    /// The body names a different account than the subject.
    NotThePayer = "not_the_payer",
    /// The reservation was cancelled.
    Cancelled = "cancelled",
    /// The reservation was not confirmed in time.
    Expired = "expired",
    /// The payee's side did not promise to accept it.
    Declined = "declined",
    /// The reservation was already confirmed.
    AlreadyConfirmed = "already_confirmed",
    /// There is no reservation with this id.
    NoReservation = "no_reservation",
    /// The amount to confirm is more than is reserved.
    ExceedsReservation = "exceeds_reservation",
    /// The account has received no such transfer.
    TransferNotFound = "transfer_not_found",
    /// The amount to reverse is more than is left of the transfer.
    ExceedsTransfer = "exceeds_transfer",
    /// What the account would hold, or has received in total, would exceed what can be counted.
    CeilingReached = "ceiling_reached",
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An unknown reason code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason {0:?}")]
pub struct BadReason(pub String);

impl FromStr for Reason {
    type Err = BadReason;

    fn from_str(code: &str) -> Result<Self, BadReason> {
        Self::ALL
            .iter()
            .copied()
            .find(|r| r.code() == code)
            .ok_or_else(|| BadReason(code.to_owned()))
    }
}

/// A reason, with the details of this case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// The stable code.
    pub reason: Reason,
    /// A sentence with the invalid value and what would be valid.
    pub detail: String,
}

/// The maximum length of a sentence that quotes a client: an answer must fit into a message, however long the request was.
pub const MAX_DETAIL_BYTES: usize = 1024;

/// A sentence that is safe to send and store: not too long, and without zero bytes, which PostgreSQL does not accept.
pub fn sentence(text: &str) -> String {
    let mut sentence = text.replace('\0', "\u{fffd}");
    if sentence.len() > MAX_DETAIL_BYTES {
        sentence.truncate(sentence.floor_char_boundary(MAX_DETAIL_BYTES));
        sentence.push('…');
    }
    sentence
}

impl Refusal {
    /// A refusal with its sentence.
    pub fn new(reason: Reason, detail: impl fmt::Display) -> Self {
        Self {
            reason,
            detail: sentence(&detail.to_string()),
        }
    }
}

/// Refuses a request whose id was used before with another value of a field; `None` if the values are equal.
pub fn id_reused<T: fmt::Debug + PartialEq + ?Sized>(field: &str, then: &T, now: &T) -> Option<Refusal> {
    let detail = format_args!(
        "the id was already used with a different {field:?}: then {then:?}, now {now:?}: use a new id"
    );
    (then != now).then(|| Refusal::new(Reason::IdReused, detail))
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_can_be_stored_and_is_bounded() {
        let detail = |text: &str| Refusal::new(Reason::InvalidRequest, text).detail;
        assert_eq!(detail("to \"b\u{0}b\""), "to \"b\u{fffd}b\"");
        assert_eq!(detail(&"é".repeat(512)), "é".repeat(512));
        assert_eq!(detail(&"é".repeat(513)), format!("{}…", "é".repeat(512)));
        assert_eq!(detail(&"€".repeat(400)), format!("{}…", "€".repeat(341)));
    }

    #[test]
    fn each_code_is_parsed_into_its_reason() {
        for reason in Reason::ALL {
            assert_eq!(reason.code().parse(), Ok(*reason));
        }
        assert_eq!(
            "Insufficient_Funds".parse::<Reason>(),
            Err(BadReason("Insufficient_Funds".into()))
        );
    }
}
