//! How many connections a pool has, and how long a caller waits for one.

use std::time::Duration;

/// One for the loop, one for SQLite's checkpoints, the others for readers.
pub(super) const CONNECTIONS: u32 = 5;
/// Longer than any transaction of ours, shorter than an operator's patience.
pub(super) const WAIT: Duration = Duration::from_secs(10);
