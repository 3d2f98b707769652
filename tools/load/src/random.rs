//! The random choices of load; the same seed gives the same choices.

use uuid::{Builder, Uuid};
use wallet_client::clock;

/// The largest payment, in cents.
pub const MAX_CENTS: u64 = 100;

/// One payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The payer's index.
    pub payer: usize,
    /// The payee's index.
    pub payee: usize,
    /// The amount.
    pub cents: u64,
}

/// An amount of USD in the wire's spelling.
pub fn decimal(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and good enough to choose accounts.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }

    /// Two different accounts of `count`; in `hot_percent` of a hundred cases one of them is the first account.
    pub fn pair(&mut self, count: u64, hot_percent: u64) -> Pair {
        let cents = self.below(MAX_CENTS) + 1;
        let (from, to) = if self.below(100) < hot_percent {
            let other = self.below(count - 1) + 1;
            if self.below(2) == 0 {
                (0, other)
            } else {
                (other, 0)
            }
        } else {
            let from = self.below(count);
            (from, (from + 1 + self.below(count - 1)) % count)
        };
        let index = |account: u64| usize::try_from(account).unwrap_or_default();
        Pair {
            payer: index(from),
            payee: index(to),
            cents,
        }
    }
}

/// Request ids as clients generate them that send [`PER_MS`] requests per millisecond. Generated at full speed, hundreds of ids
/// would share their first half, by which a flow is found.
#[derive(Debug)]
pub(crate) struct Names {
    began_ms: u64,
    made: u64,
    random: Random,
}

/// The number of ids per millisecond.
const PER_MS: u64 = 15;

impl Names {
    /// Starts with the current time.
    pub(crate) fn new() -> Self {
        let (_, seed) = clock::new_id().0.as_u64_pair();
        Self {
            began_ms: clock::now().as_millisecond().unsigned_abs(),
            made: 0,
            random: Random(seed),
        }
    }

    /// The next id.
    pub(crate) fn next(&mut self) -> Uuid {
        let [bytes, more] = [self.random.bits(), self.random.bits()].map(u64::to_le_bytes);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&bytes);
        random[8..].copy_from_slice(&more[..2]);
        let millis = self.began_ms + self.made / PER_MS;
        self.made += 1;
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
