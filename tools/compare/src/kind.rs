//! The systems by name.

use std::str::FromStr;

/// A system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Three Redis masters, each payment on two of them.
    RedisCluster,
    /// Three Redis masters with all accounts in one slot.
    RedisOneSlot,
    /// One PostgreSQL database.
    OneDatabase,
    /// Two PostgreSQL databases and prepared transactions.
    TwoPhaseCommit,
    /// Two PostgreSQL databases and a protocol written by hand.
    TccByHand,
    /// Ours on SQLite.
    Wallet,
    /// Ours on PostgreSQL.
    WalletPostgres,
}

impl Kind {
    /// All of them, in display order.
    pub const ALL: [Self; 7] = [
        Self::RedisCluster,
        Self::RedisOneSlot,
        Self::OneDatabase,
        Self::TwoPhaseCommit,
        Self::TccByHand,
        Self::Wallet,
        Self::WalletPostgres,
    ];

    /// The name on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::RedisCluster => "redis-cluster",
            Self::RedisOneSlot => "redis-one-slot",
            Self::OneDatabase => "one-database",
            Self::TwoPhaseCommit => "two-phase-commit",
            Self::TccByHand => "tcc-by-hand",
            Self::Wallet => "wallet",
            Self::WalletPostgres => "wallet-postgres",
        }
    }

    /// What must be done by hand, or by additional software, after a paying process has died.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::RedisCluster => "correct balances by hand, from a record kept elsewhere",
            Self::RedisOneSlot | Self::OneDatabase => "nothing",
            Self::TwoPhaseCommit => {
                "restart its coordinator with its log, or resolve pg_prepared_xacts by hand"
            }
            Self::TccByHand => "nothing, if the scanner that you wrote runs",
            Self::Wallet | Self::WalletPostgres => "restart the service, or run a stand-by",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("unknown system {text:?}: use one of {names}"))
    }
}
