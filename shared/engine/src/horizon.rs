//! Up to which time everything that a log holds has been handled: only what is due by then may be decided.
//!
//! A confirm that reached the log before its reservation's time was up must not be refused because the service was slower than
//! the clock: it was down, paused, cut off, or far behind. So time passes only as the log tells it. All that was stored before a
//! time is handled
//!
//! - once a message is handled that was stored at that time or later, for a log is in the order of its time; or
//! - once the log's server has shown that time on its clock, and *later* the log's end is no further than what is handled.
//!
//! The second answer must be another than the one that showed the time: what the server was storing when it looked at its clock
//! was perhaps not in its log yet. Our own clock only says when it is worth asking.

use crate::bus::Head;

/// What is known of one log's time, by one tenure.
#[derive(Debug, Default)]
pub(crate) struct Horizon {
    /// The server's last answer.
    head: Option<Head>,
    /// Everything that was stored before this is handled, microseconds since 1970.
    passed_us: i64,
}

impl Horizon {
    /// Takes in an answer of the log's server, for who has handled the log up to `position`.
    pub(crate) fn ask(&mut self, head: Head, position: u64) {
        if let Some(before) = self.head
            && head.sequence <= position
        {
            self.passed_us = self.passed_us.max(before.clock_us);
        }
        self.head = Some(head);
    }

    /// The time before which everything is handled, for who has handled a message of `log_us`.
    pub(crate) fn passed_us(&self, log_us: i64) -> i64 {
        self.passed_us.max(log_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The server's answers, each with what was handled by then; and what has passed for who has handled a message of 5.
    fn check(answers: &[(u64, i64, u64)], expected_us: i64) {
        let mut horizon = Horizon::default();
        for (sequence, clock_us, position) in answers {
            let (sequence, clock_us) = (*sequence, *clock_us);
            horizon.ask(Head { sequence, clock_us }, *position);
        }
        assert_eq!(horizon.passed_us(5), expected_us, "{answers:?}");
    }

    #[test]
    fn time_passes_as_the_log_tells_it() {
        check(&[], 5);
        check(&[(7, 10, 7)], 5);
        check(&[(7, 10, 7), (7, 20, 7)], 10);
        check(&[(7, 10, 7), (8, 20, 7)], 5);
        check(&[(7, 10, 7), (8, 20, 7), (8, 30, 8)], 20);
        check(&[(9, 10, 7), (9, 20, 9)], 10);
        check(&[(7, 2, 7), (7, 3, 7)], 5);
    }

    #[test]
    fn a_clock_that_goes_back_takes_nothing_back() {
        check(&[(7, 10, 7), (7, 4, 7), (7, 6, 7), (7, 8, 7)], 10);
    }
}
