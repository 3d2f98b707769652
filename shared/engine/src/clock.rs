//! The one place that asks what time it is.

use jiff::Timestamp;

/// Tells the time. The loop takes it as an argument, so that a simulation can turn it.
pub type Clock = fn() -> Timestamp;

/// The machine's clock, in whole microseconds: what is stored and sent is what was decided with.
#[expect(clippy::disallowed_methods, reason = "this is the one place that may ask")]
pub fn system() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}
