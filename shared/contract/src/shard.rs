//! Which shard owns an account: `fnv1a_32(account) mod N`, the function of the NATS server's `{{partition(N,i)}}`.

use std::fmt;

use crate::id::AccountId;

/// One of N disjoint sets of accounts. Its log is the stream `WALLET_<shard>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard(pub u16);

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of shards: fixed for the life of a deployment, between 1 and [`Shards::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shards(u16);

/// An invalid number of shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} shards: the number of shards must be between 1 and {max}", max = Shards::MAX)]
pub struct BadShards(pub u16);

impl Shards {
    /// Each shard has a stream, a database, and a loop in each service: more than this on one server is a mistake.
    pub const MAX: u16 = 1024;

    /// Checks the number of shards.
    pub fn new(count: u16) -> Result<Self, BadShards> {
        if (1..=Self::MAX).contains(&count) {
            Ok(Self(count))
        } else {
            Err(BadShards(count))
        }
    }

    /// The number of shards.
    pub fn count(self) -> u16 {
        self.0
    }

    /// The shard that owns `account`.
    pub fn of(self, account: &AccountId) -> Shard {
        let shard = fnv1a_32(account.as_str().as_bytes())
            .checked_rem(u32::from(self.0))
            .unwrap_or_default();
        Shard(u16::try_from(shard).unwrap_or_default())
    }

    /// All shards, in order.
    pub fn all(self) -> impl Iterator<Item = Shard> {
        (0..self.0).map(Shard)
    }
}

/// 32-bit FNV-1a, as published by Fowler, Noll and Vo.
fn fnv1a_32(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_is_the_published_function() {
        assert_eq!(fnv1a_32(b""), 0x811c_9dc5);
        assert_eq!(fnv1a_32(b"a"), 0xe40c_292c);
        assert_eq!(fnv1a_32(b"foobar"), 0xbf9c_f968);
    }

    #[test]
    fn a_number_of_shards_has_bounds() {
        assert_eq!(Shards::new(0), Err(BadShards(0)));
        assert_eq!(Shards::new(1025), Err(BadShards(1025)));
        assert_eq!(Shards::new(2).map(|shards| shards.all().count()), Ok(2));
    }
}
