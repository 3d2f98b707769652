//! For how long messages have stood in a log that nobody has handled yet.

use std::collections::VecDeque;

/// More is not kept: with a look each two seconds, an hour.
const SAMPLES: usize = 1_800;

/// Ends of the log as they were seen, oldest first: sequence, and when that message was stored, microseconds.
///
/// The time of our last message alone would not do: the first one after a quiet hour would look an hour old.
#[derive(Debug, Default)]
pub(crate) struct Lag(VecDeque<(u64, i64)>);

impl Lag {
    /// The log ended here.
    pub(crate) fn seen(&mut self, sequence: u64, stored_us: i64) {
        if self.0.back().is_none_or(|(last, _)| *last < sequence) {
            if self.0.len() == SAMPLES {
                // The oldest tells how long it has been.
                self.0.pop_back();
            }
            self.0.push_back((sequence, stored_us));
        }
    }

    /// For how long the oldest message that was seen and is not handled has stood there, microseconds.
    pub(crate) fn behind(&mut self, position: u64, now_us: i64) -> i64 {
        while self.0.front().is_some_and(|(sequence, _)| *sequence <= position) {
            self.0.pop_front();
        }
        self.0
            .front()
            .map_or(0, |(_, stored_us)| now_us.saturating_sub(*stored_us).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_handled_all_is_not_behind_and_who_stands_still_is_more_and_more() {
        let mut lag = Lag::default();
        lag.seen(10, 1_000);
        assert_eq!(lag.behind(10, 3_600_000_000), 0, "a quiet hour is no lag");
        lag.seen(12, 3_600_000_000);
        assert_eq!(lag.behind(10, 3_602_000_000), 2_000_000);
        lag.seen(20, 3_604_000_000);
        assert_eq!(lag.behind(10, 3_605_000_000), 5_000_000);
        assert_eq!(lag.behind(12, 3_605_000_000), 1_000_000);
        assert_eq!(lag.behind(20, 3_606_000_000), 0);
        lag.seen(20, 3_604_000_000);
        assert_eq!(lag.behind(20, 3_700_000_000), 0, "the same end is not seen twice");
    }

    #[test]
    fn the_oldest_is_kept_when_there_are_too_many() {
        let mut lag = Lag::default();
        for second in 0..5_000 {
            lag.seen(second + 1, i64::try_from(second).unwrap() * 1_000_000);
        }
        assert_eq!(lag.behind(0, 5_000_000_000), 5_000_000_000);
        assert!(lag.0.len() <= SAMPLES);
    }
}
