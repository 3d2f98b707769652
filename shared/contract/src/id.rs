//! Ids and names: accounts, transfers, requests, events.
//!
//! Nothing here is random. A client chooses the id of its transfer; every other id is derived from its cause, so
//! that the same decision always has the same id.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The name of an account holder, e.g. `alice`, `@fees`; also a NATS subject token.
///
/// A leading `@` marks the operator's own accounts; [`AccountId::world`] is the outside world.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(CompactString);

/// Why a text is not an account name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAccountId {
    /// Empty, or `@` alone.
    #[error("an account name must not be empty")]
    Empty,
    /// Longer than [`AccountId::MAX_BYTES`].
    #[error("an account name of {0} characters: the limit is {max}", max = AccountId::MAX_BYTES)]
    TooLong(usize),
    /// A character that would confuse a NATS subject token or a human reader.
    #[error(
        "account name {name:?} has {character:?}: use ASCII letters, digits, '-' and '_' (a leading '@' is for operators only)"
    )]
    Character {
        /// The name as given.
        name: String,
        /// The first character that is not allowed.
        character: char,
    },
}

impl AccountId {
    /// Long enough for any naming scheme, short enough for a subject token and an index.
    pub const MAX_BYTES: usize = 64;

    /// The outside world: deposits come from it, withdrawals go to it.
    pub fn world() -> Self {
        Self(CompactString::const_new("@world"))
    }

    /// The contra account of a booking, between debit and credit. No client can pay from it or to it.
    pub fn in_transit() -> Self {
        Self(CompactString::const_new("@in-transit"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the outside world.
    pub fn is_world(&self) -> bool {
        self.0 == "@world"
    }

    /// Whether the account belongs to the ledger itself and can't be opened, paid or paid from.
    pub fn is_reserved(&self) -> bool {
        self.0 == "@in-transit"
    }
}

impl FromStr for AccountId {
    type Err = BadAccountId;

    fn from_str(name: &str) -> Result<Self, BadAccountId> {
        if name.len() > Self::MAX_BYTES {
            return Err(BadAccountId::TooLong(name.chars().count()));
        }
        let word = name.strip_prefix('@').unwrap_or(name);
        if word.is_empty() {
            return Err(BadAccountId::Empty);
        }
        match word
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))
        {
            Some(character) => Err(BadAccountId::Character {
                name: name.to_owned(),
                character,
            }),
            None => Ok(Self(CompactString::new(name))),
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! uuid_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map($name)
            }
        }
    };
}

uuid_newtype! {
    /// The client-made id of a transfer (or of an operator's request): a UUID, preferably a v7.
    ///
    /// It is scoped to the payer: two payers may use the same id, for two different transfers.
    TransferId
}
uuid_newtype! {
    /// The id of a request or event. Equal content has an equal id; see [`derive()`].
    EventId
}

/// The key of a transfer: the payer, and the payer's id for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransferKey {
    /// The client-made id. It comes first, so that consecutive ids stay neighbours in every index.
    pub id: TransferId,
    /// The account whose money moves.
    pub payer: AccountId,
}

/// Derives the id of a request or decision, `what`, from its `account` and its `cause`.
///
/// A `UUIDv8` (RFC 9562): the first 64 bits are the cause's, which keeps the time of a v7 in front and so keeps indexes
/// local; the other 62 free bits are a hash of account, cause and `what`. Since the account is part of the hash, nobody can
/// block another account's transfer by using its id.
pub fn derive(account: &AccountId, cause: Uuid, what: &[&[u8]]) -> EventId {
    let mut hash = Sha256::new();
    hash.update(cause.as_bytes());
    hash.update(account.as_str().as_bytes());
    for part in what {
        hash.update([0]);
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut bytes = *cause.as_bytes();
    bytes[8..].copy_from_slice(&digest[..8]);
    EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// The first and last of all ids that can be derived from `transfer`.
///
/// A flow is found by its ids alone, which share the first 64 bits of the transfer's id (except for the version).
pub fn derived_range(transfer: TransferId) -> (EventId, EventId) {
    let edge = |fill: u8, variant: u8| {
        let mut bytes = *transfer.0.as_bytes();
        bytes[8..].fill(fill);
        bytes[6] = (bytes[6] & 0x0f) | 0x80;
        bytes[8] = variant;
        EventId(Uuid::from_bytes(bytes))
    };
    (edge(0x00, 0x80), edge(0xff, 0xbf))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_account_name_is_a_plain_word() {
        let check = |name: &str, expected: Result<(), &str>| {
            let actual = name.parse::<AccountId>();
            assert_eq!(
                actual.map(|_| ()).map_err(|e| e.to_string()),
                expected.map_err(str::to_owned),
                "{name:?}"
            );
        };
        let hint = "use ASCII letters, digits, '-' and '_' (a leading '@' is for operators only)";
        let has = |name: &str, character: char| format!("account name {name:?} has {character:?}: {hint}");
        check("alice", Ok(()));
        check("@bank-AB", Ok(()));
        check(&"a".repeat(64), Ok(()));
        check(
            &"a".repeat(65),
            Err("an account name of 65 characters: the limit is 64"),
        );
        check("", Err("an account name must not be empty"));
        check("@", Err("an account name must not be empty"));
        for (name, character) in [
            ("a.b", '.'),
            ("a b", ' '),
            ("a*", '*'),
            (">", '>'),
            ("a\nb", '\n'),
            ("a@b", '@'),
            ("änne", 'ä'),
        ] {
            check(name, Err(&has(name, character)));
        }
    }

    #[test]
    fn a_derived_id_depends_on_account_cause_and_word() {
        let id = |account: &str, cause: u128, what: &str| {
            derive(
                &account.parse().unwrap(),
                Uuid::from_u128(cause),
                &[what.as_bytes()],
            )
        };
        let one = id("alice", 7, "account.debited");
        assert_eq!(one, id("alice", 7, "account.debited"));
        for other in [
            id("bob", 7, "account.debited"),
            id("alice", 8, "account.debited"),
            id("alice", 7, "debit.refused"),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one.0.get_version_num(), 8);
    }

    proptest! {
        #[test]
        fn a_derived_id_lies_in_its_transfers_range(cause: u128, account in "[a-z]{1,9}", what: Vec<u8>) {
            let cause = Uuid::from_u128(cause);
            let id = derive(&account.parse().unwrap(), cause, &[&what]);
            let again = derive(&account.parse().unwrap(), id.0, &[&what]);
            let (first, last) = derived_range(TransferId(cause));
            prop_assert!(first <= id && id <= last);
            prop_assert!(first <= again && again <= last);
        }
    }
}
