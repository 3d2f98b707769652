//! The status board: the state of each shard's loop, for `/readyz` and the pages.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wallet_contract::ready;
use wallet_contract::shard::Shard;

/// A loop reports several times a second. One that has been silent for this long hangs, most likely on its database.
const SILENT_AFTER: Duration = Duration::from_secs(10);

/// The state of a shard's loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not working yet, with what it is waiting for.
    Starting(String),
    /// Working.
    Working,
    /// Working, but its decisions can't be published, with the reason.
    CannotPublish(String),
    /// Another instance works; this one takes over when that one stops.
    Standby(String),
    /// It can't work, and retries.
    Failed(String),
    /// The log has lost messages and must be healed.
    LostData(String),
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Starting(_) => "starting",
            Self::Working => ready::WORKING,
            Self::CannotPublish(_) => "cannot-publish",
            Self::Standby(_) => ready::STANDBY,
            Self::Failed(_) => "failed",
            Self::LostData(_) => ready::LOST_DATA,
        })
    }
}

impl State {
    /// The reason, or what it is waiting for; empty if it works.
    pub fn detail(&self) -> &str {
        match self {
            Self::Working => "",
            Self::Starting(detail)
            | Self::CannotPublish(detail)
            | Self::Standby(detail)
            | Self::Failed(detail)
            | Self::LostData(detail) => detail,
        }
    }

    /// Whether this instance works on the shard.
    pub fn is_working(&self) -> bool {
        matches!(self, Self::Working | Self::CannotPublish(_))
    }

    /// Whether the service is ready: it works, or stands by for an instance that does.
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Working | Self::Standby(_) => true,
            Self::Starting(_) | Self::CannotPublish(_) | Self::Failed(_) | Self::LostData(_) => false,
        }
    }
}

/// One shard on the board.
#[derive(Debug)]
struct Entry {
    state: State,
    position: u64,
    /// The shards whose logs it can't publish to, with the reason.
    unpublished: BTreeMap<Shard, String>,
    /// When its loop last reported.
    alive: Instant,
}

impl Entry {
    fn new(state: State, position: u64) -> Self {
        Self {
            state,
            position,
            unpublished: BTreeMap::new(),
            alive: Instant::now(),
        }
    }

    fn state(&self) -> State {
        let silent = self.alive.elapsed();
        match (&self.state, self.unpublished.first_key_value()) {
            (State::Starting(_), Some((to, why))) => {
                State::Failed(format!("it can't write to the log of shard {to}: {why}"))
            }
            (State::Working, Some((to, why))) => {
                State::CannotPublish(format!("to shard {to}: {why}; retrying"))
            }
            (State::Working | State::Standby(_), None) if silent > SILENT_AFTER => {
                let seconds = silent.as_secs();
                State::Failed(format!("waiting for the database for {seconds} s"))
            }
            (state, _) => state.clone(),
        }
    }
}

/// The board of all shards in a process.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<BTreeMap<Shard, Entry>>>);

impl Board {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Shard, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the state of a shard.
    pub fn set(&self, shard: Shard, state: State) {
        let mut board = self.lock();
        let position = board.get(&shard).map_or(0, |entry| entry.position);
        board.insert(shard, Entry::new(state, position));
    }

    /// Sets what a shard is waiting for before it works. A failure is more informative, and is kept.
    pub fn starting(&self, shard: Shard, waits_for: String) {
        let mut board = self.lock();
        let fresh = || Entry::new(State::Starting(String::new()), 0);
        let entry = board.entry(shard).or_insert_with(fresh);
        if matches!(entry.state, State::Starting(_) | State::Standby(_)) {
            entry.state = State::Starting(waits_for);
        }
    }

    /// Records how far a shard has read its log, and that its loop is alive.
    pub fn advance(&self, shard: Shard, position: u64) {
        if let Some(entry) = self.lock().get_mut(&shard) {
            entry.position = position;
            entry.alive = Instant::now();
        }
    }

    /// Records why a shard can't publish to the log of shard `to`, or that it can again.
    pub(crate) fn publishes(&self, shard: Shard, to: Shard, hindered: Option<String>) {
        if let Some(entry) = self.lock().get_mut(&shard) {
            match hindered {
                Some(why) => entry.unpublished.insert(to, why),
                None => entry.unpublished.remove(&to),
            };
        }
    }

    /// How far this instance has read a shard's log, if it works on that shard.
    pub fn position(&self, shard: Shard) -> Option<u64> {
        let board = self.lock();
        let entry = board.get(&shard)?;
        entry.state.is_working().then_some(entry.position)
    }

    /// The shards whose logs a shard can't publish to, with the reason.
    pub fn unpublished(&self, shard: Shard) -> BTreeMap<u16, String> {
        let board = self.lock();
        let hindered = board.get(&shard).map(|entry| &entry.unpublished);
        let rows = hindered.into_iter().flatten();
        rows.map(|(to, why)| (to.0, why.clone())).collect()
    }

    /// The state of each shard, and how far it has read its log.
    pub fn read(&self) -> BTreeMap<Shard, (State, u64)> {
        let board = self.lock();
        let rows = board
            .iter()
            .map(|(shard, entry)| (*shard, (entry.state(), entry.position)));
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Shard = Shard(0);

    fn state_of(board: &Board) -> State {
        board.read()[&HERE].0.clone()
    }

    #[test]
    fn a_shard_that_can_not_publish_is_not_ready_and_says_why() {
        let board = Board::default();
        board.set(HERE, State::Starting(String::new()));
        let no = || Some("sealed".to_owned());
        board.publishes(HERE, Shard(1), no());
        assert!(matches!(state_of(&board), State::Failed(why) if why.contains("shard 1: sealed")));
        board.set(HERE, State::Working);
        assert_eq!(state_of(&board), State::Working, "a new start knows nothing yet");
        board.publishes(HERE, Shard(1), no());
        board.publishes(HERE, HERE, no());
        board.publishes(HERE, HERE, None);
        let state = state_of(&board);
        assert_eq!(state.to_string(), "cannot-publish");
        assert_eq!(state.detail(), "to shard 1: sealed; retrying");
        assert!(state.is_working() && !state.is_ready());
        board.publishes(HERE, Shard(1), None);
        assert_eq!(state_of(&board), State::Working);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_loop_is_not_ready() {
        let board = Board::default();
        for state in [State::Working, State::Standby("another works".to_owned())] {
            board.set(HERE, state.clone());
            tokio::time::advance(SILENT_AFTER).await;
            assert_eq!(state_of(&board), state);
            tokio::time::advance(Duration::from_secs(2)).await;
            let silent = "waiting for the database for 12 s".to_owned();
            assert_eq!(state_of(&board), State::Failed(silent));
            board.advance(HERE, 7);
            assert_eq!(state_of(&board), state);
        }
    }

    #[test]
    fn a_wait_does_not_hide_an_earlier_failure() {
        let (board, shard) = (Board::default(), Shard(0));
        let detail = || board.read()[&shard].0.detail().to_owned();
        board.starting(shard, "waits".to_owned());
        board.starting(shard, "looks".to_owned());
        assert_eq!(detail(), "looks");
        board.set(shard, State::Standby("another works".to_owned()));
        board.starting(shard, "waits".to_owned());
        assert_eq!(detail(), "waits");
        board.set(shard, State::Failed("no disk".to_owned()));
        board.starting(shard, "waits".to_owned());
        assert_eq!(detail(), "no disk");
    }
}
