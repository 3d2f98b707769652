//! A flow as people see it: one model, shown by the viewer's pages and by the tool in a terminal.
//!
//! | part | is |
//! |---|---|
//! | [`flow`] | a flow on the wire, with its events |
//! | [`steps`] | its requests and events in causal order, with marks, words and where the time went |
//! | [`headline`] | what it came to, in one sentence |
//! | [`expected`] | what the choreography says must come, and has not been seen yet |
//! | [`skew`] | clocks that contradict the order of the log |
//! | [`span`] | its OpenTelemetry spans, rebuilt from the log |
//!
//! Everything here is pure: no clock, no randomness, no I/O. What it is given came out of a log and is untrusted text: whoever
//! shows it escapes it.
#![deny(clippy::float_arithmetic)]

pub mod content;
pub mod expected;
pub mod flow;
pub mod headline;
pub mod skew;
pub mod span;
pub mod steps;
pub mod text;
mod words;
