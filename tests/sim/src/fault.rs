//! Faults as data: whom they are for, where they strike, and what they do.

use std::fmt;

use wallet_contract::subject::Service;

/// A service on a shard, whichever instance works there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// The service.
    pub service: Service,
    /// Its shard's number.
    pub shard: u16,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service.token(), self.shard)
    }
}

macro_rules! points {
    ($($name:ident,)*) => {
        /// Where the loop touches the world.
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
    Ready, Read, Take, Head, BeforePublish, AfterPublish, Tell,
}

/// What happens to an instance at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// It dies; after so long another one starts.
    Crash {
        /// Milliseconds.
        down_ms: u64,
    },
    /// It stands still, and then goes on as if nothing had been.
    Pause {
        /// Milliseconds.
        ms: u64,
    },
    /// The call fails: before a commit or publish took effect, or behind it.
    Fail,
}

/// A fault that waits for its moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trap {
    /// Who it is for.
    pub site: Site,
    /// Where it strikes.
    pub point: Point,
    /// How often that point is passed before.
    pub skip: u32,
    /// What it does.
    pub blow: Blow,
}
