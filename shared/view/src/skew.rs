//! Clocks that contradict the order of the log.
//!
//! Two clocks have a say in a step: the service's, by which it was decided, and the NATS server's, by which it was
//! stored. The order of the log is certain, so where the times say otherwise a clock is wrong. No time is ever shifted: it is
//! shown as it was told, and flagged.

use crate::flow::Event;
use crate::text::span_us;

/// Clocks that differ by less are as right as clocks get, microseconds.
pub const TOLERANCE_US: i64 = 1_000;

/// How a step's times contradict the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skew {
    /// Decided before its cause was stored: the service's clock is behind the server's, by at least this, microseconds.
    Behind(i64),
    /// Stored before it was decided: the service's clock is ahead of the server's, by at least this, microseconds.
    Ahead(i64),
}

impl Skew {
    /// By how much, and whose clock is wrong; of the service, its name.
    pub fn told(self, service: &str) -> String {
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

/// What contradicts the log in an event's times, if anything does.
pub(crate) fn skew(event: &Event, cause: Option<&Event>) -> Option<Skew> {
    // A client's request has one time only.
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
