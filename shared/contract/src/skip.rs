//! What a service has skipped when it continued after a loss.
//!
//! The broker had lost messages, and others had taken their sequences before anybody noticed. `wallet heal` has put everything back
//! after them, also those others. A database that applies the log later must skip what the service has skipped.

use serde::{Deserialize, Serialize};

/// The messages that a service has skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The sequence after which it continued.
    pub up_to: u64,
    /// The time of the last message that it had read before, microseconds since 1970: later ones up to there were skipped.
    pub stored_after_us: i64,
    /// The sequence from which the log holds every message, if messages before it are missing.
    pub whole_from: Option<u64>,
}

impl Skip {
    /// Whether a message was skipped.
    pub fn covers(&self, sequence: u64, at_us: i64) -> bool {
        sequence <= self.up_to && at_us > self.stored_after_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_came_after_the_loss_are_skipped() {
        let skip = Skip {
            up_to: 7,
            stored_after_us: 100,
            whole_from: None,
        };
        let covers = |sequence, at_us| skip.covers(sequence, at_us);
        assert!(covers(7, 101) && covers(1, 101));
        assert!(!covers(8, 101) && !covers(7, 100));
    }
}
