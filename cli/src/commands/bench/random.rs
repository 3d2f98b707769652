//! What a bench leaves to chance.

use uuid::{Builder, Uuid};

use crate::clock;

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, good enough to choose accounts.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// The ids, as clients make them who ask [`PER_MS`] times a millisecond. Made as fast as they can be, hundreds of them would
/// have the same first half, by which a flow is found.
pub(super) struct Names {
    began_ms: u64,
    made: u64,
    random: Random,
}

/// How many ids a millisecond has.
const PER_MS: u64 = 15;

impl Names {
    pub(super) fn new() -> Self {
        let (_, seed) = clock::new_id().0.as_u64_pair();
        Self {
            began_ms: clock::now().as_millisecond().unsigned_abs(),
            made: 0,
            random: Random(seed),
        }
    }

    pub(super) fn next(&mut self) -> Uuid {
        let [bytes, more] = [self.random.next(), self.random.next()].map(u64::to_le_bytes);
        let mut random = [0; 10];
        random[..8].copy_from_slice(&bytes);
        random[8..].copy_from_slice(&more[..2]);
        let millis = self.began_ms + self.made / PER_MS;
        self.made += 1;
        Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}
