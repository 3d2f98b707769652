//! How long messages have been in the log without being handled.

use std::collections::VecDeque;

/// The most samples kept: an hour's worth, at one every two seconds.
const SAMPLES: usize = 1_800;

/// Observed ends of the log, oldest first: the sequence, and when that message was stored, in microseconds.
///
/// The time of our own last message would not do: the first message after a quiet hour would appear to be an hour old.
#[derive(Debug, Default)]
pub(crate) struct Lag(VecDeque<(u64, i64)>);

impl Lag {
    /// Records an observed end of the log.
    pub(crate) fn seen(&mut self, sequence: u64, stored_us: i64) {
        if self.0.back().is_none_or(|(last, _)| *last < sequence) {
            if self.0.len() == SAMPLES {
                // Keep the oldest: it tells how long the lag has lasted.
                self.0.pop_back();
            }
            self.0.push_back((sequence, stored_us));
        }
    }

    /// How long the oldest observed message that is still unhandled has been in the log, in microseconds.
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
    fn lag_is_zero_when_all_is_handled_and_grows_while_stalled() {
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
    fn the_oldest_sample_is_kept_when_there_are_too_many() {
        let mut lag = Lag::default();
        for second in 0..5_000 {
            lag.seen(second + 1, i64::try_from(second).unwrap() * 1_000_000);
        }
        assert_eq!(lag.behind(0, 5_000_000_000), 5_000_000_000);
        assert!(lag.0.len() <= SAMPLES);
    }
}
