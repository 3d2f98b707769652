//! Starting each system and connecting to it, and the points at which its payments can be interrupted.

use std::pin::pin;

use anyhow::Result;
use wallet_terminal::exit::Usage;
use wallet_terminal::signals::Signals;

use super::one_database::OneDatabase;
use super::redis_cluster::RedisCluster;
use super::redis_one_slot::RedisOneSlot;
use super::tcc_by_hand::TccByHand;
use super::two_phase_commit::TwoPhaseCommit;
use super::wallet::Wallet;
use super::{one_database, redis_cluster, redis_one_slot, tcc_by_hand, two_phase_commit, wallet as ours};
use crate::kind::Kind;
use crate::program::Programs;
use crate::system::System;

impl Kind {
    /// The points at which a paying process can be killed.
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

    /// Starts the system.
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

    /// Connects to a running one, as a further paying process does.
    pub async fn attach(self, programs: &Programs, way: &[String]) -> Result<Box<dyn System>> {
        let programs = programs.clone();
        Ok(match self {
            Self::RedisCluster => Box::new(RedisCluster::attach(programs, way).await?),
            Self::RedisOneSlot => Box::new(RedisOneSlot::attach(programs, way).await?),
            Self::OneDatabase => Box::new(OneDatabase::attach(programs, way)?),
            Self::TwoPhaseCommit => Box::new(TwoPhaseCommit::attach(programs, way)?),
            Self::TccByHand => Box::new(TccByHand::attach(programs, way)?),
            Self::Wallet | Self::WalletPostgres => {
                return Err(
                    Usage::new("the wallet has no paying process: its services are killed instead").into(),
                );
            }
        })
    }

    /// Runs `body` on the system, and stops it whatever happens: an error, Ctrl-C, SIGTERM.
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
                // A half-started system could not be stopped in order.
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
