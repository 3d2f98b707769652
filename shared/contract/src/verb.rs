//! Verbs: everything that a client can request. One table declares all of them.

use crate::id::AccountId;
use crate::service::Service;
use crate::shard::Shard;

/// Declares all verbs: `Variant "token" in "realm", by the service that decides on it;`.
macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident $token:literal in $realm:literal, by $service:ident;)+) => {
        /// The verb of a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Verb {
            $($(#[$doc])* $verb,)+
        }

        impl Verb {
            /// All verbs.
            pub const ALL: [Self; [$($token),+].len()] = [$(Self::$verb),+];

            /// The subject token.
            pub const fn token(self) -> &'static str {
                match self {
                    $(Self::$verb => $token,)+
                }
            }

            /// The type of its requests in the ledger's record, such as `wallet.transfer.requested.v1`. On the wire they have none.
            pub const fn requested(self) -> &'static str {
                match self {
                    $(Self::$verb => concat!("wallet.", $token, ".requested.v1"),)+
                }
            }

            /// The verb of the requests of this type; `None` if it is the type of an event.
            pub fn parse_requested(name: &str) -> Option<Self> {
                match name {
                    $(concat!("wallet.", $token, ".requested.v1") => Some(Self::$verb),)+
                    _ => None,
                }
            }

            /// `cmd` for requests of payers, `adm` for those of operators.
            pub const fn realm(self) -> &'static str {
                match self {
                    $(Self::$verb => $realm,)+
                }
            }

            /// The service that decides on it.
            pub const fn decided_by(self) -> Service {
                match self {
                    $(Self::$verb => Service::$service,)+
                }
            }
        }
    };
}

verbs! {
    /// Move money from the subject's account.
    Transfer "transfer" in "cmd", by Debit;
    /// Hold money of the subject's account for a payee: Try.
    Reserve "reserve" in "cmd", by Debit;
    /// Move held money, or a part of it, and release the rest: Confirm.
    Confirm "confirm" in "cmd", by Debit;
    /// Release held money: Cancel.
    Cancel "cancel" in "cmd", by Debit;
    /// Give back money that the subject's account has received, or a part of it.
    Reverse "reverse" in "cmd", by Credit;
    /// Open an account in a currency.
    Open "open" in "adm", by Credit;
    /// Stop an account from paying and receiving.
    Freeze "freeze" in "adm", by Credit;
    /// Let it pay and receive again.
    Unfreeze "unfreeze" in "adm", by Credit;
    /// Close it for good, if its balance is zero.
    Close "close" in "adm", by Credit;
}

impl Verb {
    /// The kind of flow it belongs to. All verbs of payers share one id space and are about a transfer; each verb of an operator is a
    /// flow of its own.
    #[must_use]
    pub fn flow(self) -> Self {
        match self {
            Self::Transfer | Self::Reserve | Self::Confirm | Self::Cancel | Self::Reverse => Self::Transfer,
            Self::Open | Self::Freeze | Self::Unfreeze | Self::Close => self,
        }
    }

    /// The subject that a client publishes to; the server's mapping inserts the shard.
    pub fn unmapped_subject(self, account: &AccountId) -> String {
        format!("wallet.{}.{}.{account}", self.realm(), self.token())
    }

    /// The subject in `shard`'s log.
    pub fn subject(self, shard: Shard, account: &AccountId) -> String {
        format!("wallet.{shard}.{}.{}.{account}", self.realm(), self.token())
    }
}

#[cfg(test)]
mod tests {
    use super::Verb;

    #[test]
    fn a_verb_is_parsed_from_the_type_of_its_requests() {
        for verb in Verb::ALL {
            assert_eq!(verb.requested(), format!("wallet.{}.requested.v1", verb.token()));
            assert_eq!(Verb::parse_requested(verb.requested()), Some(verb));
        }
        for name in [
            "",
            "transfer",
            "wallet.transfer.requested.v2",
            "wallet.account.debited.v1",
        ] {
            assert_eq!(Verb::parse_requested(name), None, "{name}");
        }
    }
}
