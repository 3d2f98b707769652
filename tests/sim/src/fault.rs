//! Faults as data: their target, the point at which they strike, and their effect. And the targets: the services on their shards, and
//! the clocks.

use std::fmt;

use wallet_contract::subject::Service;

/// A service on a shard, whichever instance works there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The service.
    pub service: Service,
    /// The shard's number.
    pub shard: u16,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service.token(), self.shard)
    }
}

macro_rules! points {
    ($($name:ident,)*) => {
        /// The loop's calls to the bus and the store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is a call of the loop, by its name")]
        pub enum Point { $($name,)* }

        impl Point {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

points! {
    Acquire, Renew, Release, Blocked, Parked, Find, Due, AfterDue, BeforeCommit, AfterCommit, Events, Notices,
    Ready, Read, Take, Head, BeforePublish, AfterPublish, Tell, Settle, Own, Last,
}

/// The effect of a fault on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// The instance dies, and a new one starts after a delay.
    Crash {
        /// Milliseconds.
        down_ms: u64,
    },
    /// The instance stalls, then continues as if nothing had happened.
    Pause {
        /// Milliseconds.
        ms: u64,
    },
    /// The call fails, before or after a commit or publish takes effect.
    Fail,
}

/// A fault armed for a future call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The target.
    pub site: Site,
    /// Where it strikes.
    pub point: Point,
    /// How many passes of that point to skip first.
    pub skip: u32,
    /// Its effect.
    pub blow: Blow,
}

/// The owner of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockOf {
    /// All instances of a service on a shard.
    Service(Site),
    /// Their database.
    Database(Site),
    /// The server that keeps a shard's log.
    Server(u16),
}

/// The number of shards in every simulation.
pub(crate) const SHARDS: u16 = 2;

/// All services on all shards.
pub(crate) fn sites() -> impl Iterator<Item = Site> {
    (0..SHARDS).flat_map(|shard| Service::ALL.map(|service| Site { service, shard }))
}
