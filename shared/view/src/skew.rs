//! Clocks that contradict the order of the log.
//!
//! A step has times from two clocks: the service's, for the decision, and the NATS server's, for the storage. The order of the
//! log is certain, so where times contradict it, a clock is wrong. Times are never adjusted: they are shown as recorded, and
//! flagged.

use crate::flow::Event;
use crate::text::span_us;

/// Smaller differences, in microseconds, are normal between clocks.
const TOLERANCE_US: i64 = 1_000;

/// How a step's times contradict the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    /// Decided before its cause was stored: the service's clock is behind the server's, by at least this, microseconds.
    Behind(i64),
    /// Stored before it was decided: the service's clock is ahead of the server's, by at least this, microseconds.
    Ahead(i64),
}

impl Skew {
    /// Which clock is wrong, and by how much.
    pub fn describe(self, service: &str) -> String {
        match self {
            Self::Behind(us) => format!(
                "decided {} before its cause was stored: {service}'s clock is behind the NATS server's",
                span_us(us)
            ),
            Self::Ahead(us) => format!(
                "stored {} before it was decided: {service}'s clock is ahead of the NATS server's",
                span_us(us)
            ),
        }
    }
}

/// How an event's times contradict the log, if they do.
pub(crate) fn skew(event: &Event, cause: Option<&Event>) -> Option<Skew> {
    // A client's request has only one time.
    event.cause?;
    let decided_us = event.time.as_microsecond();
    let ahead_us = decided_us.saturating_sub(event.recorded_us());
    let behind_us = cause.map_or(0, |cause| cause.recorded_us().saturating_sub(decided_us));
    if ahead_us > TOLERANCE_US {
        Some(Skew::Ahead(ahead_us))
    } else if behind_us > TOLERANCE_US {
        Some(Skew::Behind(behind_us))
    } else {
        None
    }
}
