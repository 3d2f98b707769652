//! The number of connections in a pool, and how long a caller waits for one.

use std::time::Duration;

/// One for the loop, one for SQLite's checkpoints, the rest for readers.
pub(super) const CONNECTIONS: u32 = 5;
/// Longer than any of our transactions, shorter than an operator's patience.
pub(super) const WAIT: Duration = Duration::from_secs(10);
