//! The shape of a pure core: what it hears, decides and remembers.
//!
//! A service decides with three total, synchronous functions. The loop of the runtime calls them in stream order:
//! `decide` on what is heard, from the state before it; `hear`, which takes it in; and `evolve`, which takes in our own
//! decision. Each input reaches a core once; what has been handled before never gets here.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::event::{Cause, Event, Fact};
use crate::id::{AccountId, EventId, TransferKey};
use crate::request::Request;
use crate::shard::{Shard, Shards};
use crate::trace::TraceId;

/// Something to decide on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// What a client asks.
    Request(Request),
    /// What a service has decided.
    Event(Event),
    /// That the time of something is up. It stands in no log: the runtime's clock says it.
    Due(Due),
}

/// Something whose time is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The transfer.
    pub transfer: TransferKey,
    /// The event that set the time: what is decided now names it as its cause.
    pub event: EventId,
    /// The flow's trace.
    pub trace: TraceId,
}

impl Input {
    /// The input as the cause of a decision; its id is what the inbox remembers.
    pub fn as_cause(&self) -> Cause {
        match self {
            Self::Request(request) => Cause {
                id: request.id,
                transfer: request.transfer,
                trace: request.trace,
            },
            Self::Event(event) => event.as_cause(),
            Self::Due(due) => Cause {
                id: due.event,
                transfer: due.transfer.id,
                trace: due.trace,
            },
        }
    }
}

/// An input with its place in the log, and its time.
#[derive(Clone, Debug)]
pub struct Heard<'m> {
    /// What was heard.
    pub input: Input,
    /// Its JSON text, as it stands in the message; of a request that is none, one that stands for it.
    pub raw: Cow<'m, str>,
    /// The message's sequence in the shard's stream.
    pub sequence: u64,
    /// Which element of the message, counted from 0.
    pub index: u32,
    /// When the message was stored in the stream, microseconds since 1970; never goes back. What the clock says, of what
    /// is due.
    pub at_us: i64,
    /// When who said it had committed it, by its clock, microseconds since 1970, if it says so.
    pub committed_us: Option<i64>,
}

/// Where a core decides.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The shard whose log is read.
    pub shard: Shard,
    /// How many there are.
    pub shards: Shards,
}

impl Place {
    /// Whether `account` belongs to this shard.
    pub fn owns(&self, account: &AccountId) -> bool {
        self.shards.of(account) == self.shard
    }
}

/// A service's rules.
pub trait Decider {
    /// The rows that inputs touch, as they must be loaded.
    type Keys: Default + Send + Sync;
    /// Those rows, and what has changed in them.
    type State: Default + Send + Sync;

    /// Whether `input` means anything to this service on this shard.
    fn concerns(input: &Input, place: Place) -> bool;

    /// Adds the rows that `input` touches.
    fn touches(input: &Input, place: Place, keys: &mut Self::Keys);

    /// Decides on what is heard, which has not been taken in yet; nothing, if there is nothing to say.
    fn decide(state: &Self::State, heard: &Heard<'_>, place: Place) -> Option<Fact>;

    /// What a decision on `input` names as its cause. A later request of a flow goes on with the flow's own trace.
    fn cause(_state: &Self::State, input: &Input) -> Cause {
        input.as_cause()
    }

    /// Takes in what a client asks or another service has decided.
    fn hear(state: &mut Self::State, heard: &Heard<'_>, place: Place);

    /// Takes in what this service has decided.
    fn evolve(state: &mut Self::State, event: &Event, place: Place);
}

/// Rows of a table, by key: those that were loaded, and what has become of them since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<K, V> {
    rows: BTreeMap<K, (V, Since<V>)>,
    /// Loaded, and no longer there.
    removed: BTreeSet<K>,
}

/// What has become of a row since it was loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Since<V> {
    Nothing,
    Changed { before: V },
    Created,
}

impl<K, V> Default for Rows<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            removed: BTreeSet::new(),
        }
    }
}

impl<K: Ord, V> Rows<K, V> {
    /// Takes in a row as it stands in the table.
    pub fn load(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, Since::Nothing));
    }

    /// The row, if there is one.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key).map(|(row, _)| row)
    }

    /// Changes a row in place, or a new one that `new` makes.
    pub fn change(&mut self, key: &K, new: impl FnOnce() -> V, change: impl FnOnce(&mut V))
    where
        K: Clone,
        V: Clone,
    {
        if let Some((row, since)) = self.rows.get_mut(key) {
            if matches!(since, Since::Nothing) {
                *since = Since::Changed { before: row.clone() };
            }
            change(row);
        } else {
            let mut row = new();
            change(&mut row);
            self.rows.insert(key.clone(), (row, Since::Created));
        }
    }

    /// Writes a row that is not there yet.
    pub fn create(&mut self, key: K, row: V) {
        self.rows.insert(key, (row, Since::Created));
    }

    /// Removes a row, if it is there.
    pub fn remove(&mut self, key: &K)
    where
        K: Clone,
    {
        if let Some((_, since)) = self.rows.remove(key)
            && !matches!(since, Since::Created)
        {
            self.removed.insert(key.clone());
        }
    }

    /// The rows that the table has and that are no longer there.
    pub fn removed(&self) -> impl Iterator<Item = &K> {
        self.removed.iter()
    }

    /// All rows, in the order of their keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, (row, _))| (key, row))
    }

    /// The rows that are not as they were loaded.
    pub fn written(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows
            .iter()
            .filter(|(_, (_, since))| !matches!(since, Since::Nothing))
            .map(|(key, (row, _))| (key, row))
    }

    /// The rows that the table does not have yet.
    pub fn created(&self) -> impl Iterator<Item = (&K, &V)> {
        self.rows
            .iter()
            .filter(|(_, (_, since))| matches!(since, Since::Created))
            .map(|(key, (row, _))| (key, row))
    }

    /// The rows that the table has otherwise: as it has them, and as they are now.
    pub fn changed(&self) -> impl Iterator<Item = (&K, &V, &V)> {
        self.rows.iter().filter_map(|(key, (row, since))| match since {
            Since::Changed { before } => Some((key, before, row)),
            Since::Nothing | Since::Created => None,
        })
    }
}
