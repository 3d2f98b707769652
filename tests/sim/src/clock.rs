//! Simulated time: the runtime's own clock, which advances only while all tasks are idle, plus an offset for each simulated
//! clock.

use tokio::time::Instant;

/// The start time of every simulation, in microseconds since 1970.
const START_US: i64 = 1_700_000_000_000_000;

/// True time, which no service can read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time(Instant);

impl Time {
    /// Starts the clock.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since 1970.
    pub(crate) fn now_us(self) -> i64 {
        let passed = i64::try_from(self.0.elapsed().as_micros()).unwrap_or(i64::MAX);
        START_US.saturating_add(passed)
    }
}

/// A time for display: seconds since the simulation began.
pub(crate) fn told(at_us: i64) -> String {
    let ms = at_us.saturating_sub(START_US) / 1000;
    format!("{:>4}.{:03}", ms / 1000, ms % 1000)
}
