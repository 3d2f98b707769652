//! How each shard's work stands, for `/readyz` and for people.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use wallet_contract::shard::Shard;

/// What the loop of a shard is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not there yet.
    Starting,
    /// At work.
    Working,
    /// Another instance is at work; this one takes over when it stops.
    Standby(String),
    /// It can't work, and tries again.
    Failed(String),
    /// The log has lost what was read, and must be healed.
    LostData(String),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting => "starting",
            Self::Working => "working",
            Self::Standby(_) => "standby",
            Self::Failed(_) => "failed",
            Self::LostData(_) => "lost-data",
        })
    }
}

impl State {
    /// What there is to say about it.
    pub fn detail(&self) -> &str {
        match self {
            Self::Starting | Self::Working => "",
            Self::Standby(detail) | Self::Failed(detail) | Self::LostData(detail) => detail,
        }
    }

    /// Whether this instance is at work.
    pub fn is_working(&self) -> bool {
        matches!(self, Self::Working)
    }

    /// Whether the service does what it should: it works, or stands by for one that does.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Working | Self::Standby(_) => true,
            Self::Starting | Self::Failed(_) | Self::LostData(_) => false,
        }
    }
}

/// One board for all shards of a process.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<BTreeMap<Shard, (State, u64)>>>);

impl Board {
    /// Writes what a shard is doing.
    pub fn set(&self, shard: Shard, state: State) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        board
            .entry(shard)
            .and_modify(|entry| entry.0 = state.clone())
            .or_insert((state, 0));
    }

    /// Writes how far a shard has read its log.
    pub fn advance(&self, shard: Shard, position: u64) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        board.entry(shard).and_modify(|entry| entry.1 = position);
    }

    /// How far this instance has come with a shard on which it works.
    pub fn position(&self, shard: Shard) -> Option<u64> {
        let board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, position) = board.get(&shard)?;
        state.is_working().then_some(*position)
    }

    /// Reads the board.
    pub fn read(&self) -> BTreeMap<Shard, (State, u64)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
