//! The systems by name: how each is started, reached, and where its payments can be cut.

use std::pin::pin;
use std::str::FromStr;

use anyhow::Result;
use wallet_terminal::exit::Usage;
use wallet_terminal::signals::Signals;

use crate::program::Programs;
use crate::system::System;
use crate::systems::one_database::OneDatabase;
use crate::systems::redis_cluster::RedisCluster;
use crate::systems::redis_one_slot::RedisOneSlot;
use crate::systems::tcc_by_hand::TccByHand;
use crate::systems::two_phase_commit::TwoPhaseCommit;
use crate::systems::wallet::Wallet;
use crate::systems::{
    one_database, redis_cluster, redis_one_slot, tcc_by_hand, two_phase_commit, wallet as ours,
};

/// A system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Three Redis masters, each payment on two of them.
    RedisCluster,
    /// The same with all accounts in one slot.
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
    /// All of them, in the order in which they are shown.
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

    /// The points at which the process that makes a payment can be killed.
    pub fn points(self) -> &'static [&'static str] {
        match self {
            Self::RedisCluster => &redis_cluster::POINTS,
            Self::RedisOneSlot => &redis_one_slot::POINTS,
            Self::OneDatabase => &one_database::POINTS,
            Self::TwoPhaseCommit => &two_phase_commit::POINTS,
            Self::TccByHand => &tcc_by_hand::POINTS,
            Self::Wallet | Self::WalletPostgres => &ours::POINTS,
        }
    }

    /// What has to be done by hand, or by what has to be built for it, when a paying process has died.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::RedisCluster => "correct balances by hand, from a record kept elsewhere",
            Self::RedisOneSlot | Self::OneDatabase => "nothing",
            Self::TwoPhaseCommit => {
                "start its coordinator again with its log, or decide in pg_prepared_xacts"
            }
            Self::TccByHand => "nothing, if the scanner that you wrote runs",
            Self::Wallet | Self::WalletPostgres => "start the service again, or run a stand-by",
        }
    }

    /// Starts it.
    pub async fn start(self, programs: &Programs) -> Result<Box<dyn System>> {
        let programs = programs.clone();
        Ok(match self {
            Self::RedisCluster => Box::new(RedisCluster::start(programs).await?),
            Self::RedisOneSlot => Box::new(RedisOneSlot::start(programs).await?),
            Self::OneDatabase => Box::new(OneDatabase::start(programs).await?),
            Self::TwoPhaseCommit => Box::new(TwoPhaseCommit::start(programs).await?),
            Self::TccByHand => Box::new(TccByHand::start(programs).await?),
            Self::Wallet => Box::new(Wallet::start(programs, None).await?),
            Self::WalletPostgres => Box::new(Wallet::start(programs, Some("postgres")).await?),
        })
    }

    /// Reaches one that runs, as a further paying process does.
    pub async fn attach(self, programs: &Programs, way: &[String]) -> Result<Box<dyn System>> {
        let programs = programs.clone();
        Ok(match self {
            Self::RedisCluster => Box::new(RedisCluster::attach(programs, way).await?),
            Self::RedisOneSlot => Box::new(RedisOneSlot::attach(programs, way).await?),
            Self::OneDatabase => Box::new(OneDatabase::attach(programs, way)?),
            Self::TwoPhaseCommit => Box::new(TwoPhaseCommit::attach(programs, way)?),
            Self::TccByHand => Box::new(TccByHand::attach(programs, way)?),
            Self::Wallet | Self::WalletPostgres => {
                return Err(Usage::new("the wallet's paying processes are its services").into());
            }
        })
    }

    /// Runs `body` on the system, and stops it whatever comes of that: an error, Ctrl-C, SIGTERM.
    pub async fn with<T>(
        self,
        programs: &Programs,
        signals: &mut Signals,
        body: impl AsyncFnOnce(&dyn System) -> Result<T>,
    ) -> Result<T> {
        let mut starting = pin!(self.start(programs));
        let system = tokio::select! {
            system = &mut starting => system?,
            name = signals.next() => {
                // What is half started could not be ended in order.
                starting.await?.stop().await?;
                return Err(ended_by(name));
            }
        };
        let done = tokio::select! {
            done = body(&*system) => done,
            name = signals.next() => Err(ended_by(name)),
        };
        let stopped = system.stop().await;
        done.and_then(|done| stopped.map(|()| done))
    }
}

fn ended_by(signal: &str) -> anyhow::Error {
    anyhow::anyhow!("ended by {signal}")
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| format!("there is no system {text:?}: use one of {names}"))
    }
}
