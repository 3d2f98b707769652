//! The time up to which everything in a log has been handled. Only deadlines up to that time may be decided.
//!
//! A confirm that reached the log before its reservation expired must not be refused because the service was down, paused, cut
//! off or lagging. So time passes only as the log shows it. Everything stored before a time has been handled
//!
//! - once a message stored at that time or later has been handled, because a log is ordered by time; or
//! - once the log's server has shown that time on its clock, and a *later* answer shows that the log ends where we are.
//!
//! It must be a later answer: a message that the server was storing when it read its clock may not have been in its log yet. The
//! service's own clock only determines when to ask.

use crate::bus::Head;

/// The time of one log, as far as one tenure knows.
#[derive(Debug, Default)]
pub(crate) struct Horizon {
    /// The server's latest answer.
    head: Option<Head>,
    /// Everything stored before this has been handled, microseconds since 1970.
    passed_us: i64,
}

impl Horizon {
    /// Takes an answer from the log's server, at a point where the log has been handled up to `position`.
    pub(crate) fn ask(&mut self, head: Head, position: u64) {
        if let Some(before) = self.head
            && head.sequence <= position
        {
            self.passed_us = self.passed_us.max(before.clock_us);
        }
        self.head = Some(head);
    }

    /// The time before which everything has been handled, if the last handled message was stored at `log_us`.
    pub(crate) fn passed_us(&self, log_us: i64) -> i64 {
        self.passed_us.max(log_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The server's answers, each with the position handled by then; the last handled message was stored at 5.
    fn check(answers: &[(u64, i64, u64)], expected_us: i64) {
        let mut horizon = Horizon::default();
        for (sequence, clock_us, position) in answers {
            let (sequence, clock_us) = (*sequence, *clock_us);
            horizon.ask(Head { sequence, clock_us }, *position);
        }
        assert_eq!(horizon.passed_us(5), expected_us, "{answers:?}");
    }

    #[test]
    fn time_advances_with_the_log() {
        check(&[], 5);
        check(&[(7, 10, 7)], 5);
        check(&[(7, 10, 7), (7, 20, 7)], 10);
        check(&[(7, 10, 7), (8, 20, 7)], 5);
        check(&[(7, 10, 7), (8, 20, 7), (8, 30, 8)], 20);
        check(&[(9, 10, 7), (9, 20, 9)], 10);
        check(&[(7, 2, 7), (7, 3, 7)], 5);
    }

    #[test]
    fn a_clock_that_jumps_back_does_not_move_the_horizon_back() {
        check(&[(7, 10, 7), (7, 4, 7), (7, 6, 7), (7, 8, 7)], 10);
    }
}
