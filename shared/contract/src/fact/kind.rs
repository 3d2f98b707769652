//! The kinds of facts: one table with everything that follows from an event's kind alone.
//!
//! Ids of events are derived from the bytes of a kind's name, so a released name never changes.

use std::fmt;

use crate::subject::Service;

/// Declares all kinds: `Variant "subject.verb" version, by [services that decide it], to copies;`.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $short:literal $version:literal, by [$($service:ident),+], to $copies:ident;)+) => {
        /// The kind of a fact.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $($(#[$doc])* $kind,)+
        }

        impl Kind {
            /// All kinds, in the order of the table.
            pub const ALL: [Self; [$($short),+].len()] = [$(Self::$kind),+];

            /// The CloudEvents `type`, such as `wallet.account.debited.v1`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!("wallet.", $short, ".v", $version),)+
                }
            }

            /// The name without the parts that all kinds share, such as `account.debited`.
            pub const fn short(self) -> &'static str {
                match self {
                    $(Self::$kind => $short,)+
                }
            }

            /// The kind with this CloudEvents `type`, if there is one.
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $(concat!("wallet.", $short, ".v", $version) => Some(Self::$kind),)+
                    _ => None,
                }
            }

            /// The services that may decide it.
            pub const fn decided_by(self) -> &'static [Service] {
                match self {
                    $(Self::$kind => &[$(Service::$service),+],)+
                }
            }

            /// The logs that must hold it.
            pub const fn copies(self) -> Copies {
                match self {
                    $(Self::$kind => Copies::$copies,)+
                }
            }
        }
    };
}

/// The logs that must hold an event. "Here" is the shard on which it was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// Only here.
    Here,
    /// Here and, after that copy is durable, on the payee's shard.
    HereThenPayee,
    /// Here and, after that copy is durable, on the payer's shard.
    HereThenPayer,
    /// Only on the payer's shard.
    Payer,
}

kinds! {
    /// An account was opened in a currency.
    AccountOpened "account.opened" 1, by [Credit], to Here;
    /// An account was frozen.
    AccountFrozen "account.frozen" 1, by [Credit], to Here;
    /// A frozen account was unfrozen.
    AccountUnfrozen "account.unfrozen" 1, by [Credit], to Here;
    /// An account no longer receives; debit-svc must say whether it is at zero.
    AccountClosing "account.closing" 1, by [Credit], to Here;
    /// A closing account is at zero and no longer pays.
    ClosureAccepted "closure.accepted" 1, by [Debit], to Here;
    /// A closing account is not at zero and stays open.
    ClosureRefused "closure.refused" 1, by [Debit], to Here;
    /// An account is closed for good.
    AccountClosed "account.closed" 1, by [Credit], to Here;
    /// The payer has paid.
    AccountDebited "account.debited" 1, by [Debit], to HereThenPayee;
    /// The payer does not pay.
    DebitRefused "debit.refused" 1, by [Debit], to Here;
    /// The payer got the money back.
    DebitReversed "debit.reversed" 1, by [Debit], to Here;
    /// The payee has received.
    AccountCredited "account.credited" 1, by [Credit], to HereThenPayer;
    /// The payee does not receive.
    CreditRefused "credit.refused" 1, by [Credit], to Payer;
    /// The payer's money is held for the payee.
    FundsReserved "funds.reserved" 1, by [Debit], to HereThenPayee;
    /// The payee will receive what is reserved.
    CreditPromised "credit.promised" 1, by [Credit], to Payer;
    /// A confirmation waits for the payee's promise.
    ConfirmationDeferred "confirmation.deferred" 1, by [Debit], to Here;
    /// What was held is available to the payer again.
    ReservationReleased "reservation.released" 1, by [Debit], to HereThenPayee;
    /// A reservation was cancelled before it was made.
    ReservationBarred "reservation.barred" 1, by [Debit], to Here;
    /// An account may give back what it has received.
    ReversalGranted "reversal.granted" 1, by [Credit], to Here;
    /// An account may not give back what was asked.
    ReversalDenied "reversal.denied" 1, by [Credit], to Here;
    /// The transfer has ended well.
    TransferSettled "transfer.settled" 1, by [Ledger], to Here;
    /// The transfer has failed; the payer has lost nothing.
    TransferFailed "transfer.failed" 1, by [Ledger], to Here;
    /// A request that is not the first of its transfer was refused.
    RequestRefused "request.refused" 1, by [Debit, Credit], to Here;
    /// Stands for a request that is not in the log as its client wrote it.
    RequestRecalled "request.recalled" 1, by [Debit, Credit], to Here;
    /// A message was parked.
    MessageParked "message.parked" 1, by [Debit, Credit, Ledger], to Here;
    /// A parked message was retried, replaced or discarded.
    MessageResolved "message.resolved" 1, by [Debit, Credit, Ledger], to Here;
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn a_kind_is_parsed_from_its_name() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.name()), Some(kind));
            assert!(kind.name().starts_with(&format!("wallet.{}.v", kind.short())));
        }
        for name in [
            "",
            "wallet.account.debited.v2",
            "account.debited",
            "wallet.transfer.requested.v1",
        ] {
            assert_eq!(Kind::parse(name), None, "{name}");
        }
    }
}
