//! A flow as people see it: one model, shown by the viewer's pages and by the tool in a terminal.
//!
//! | part | is |
//! |---|---|
//! | [`flow`] | a flow on the wire, with its events |
//! | [`steps`], [`content`] | its requests and events in causal order, with marks, words and where the time went |
//! | `figures`, [`held`] | how much, and how long it took; for how long it waited for its payer |
//! | [`along`] | the way from the first request to the last word, and where the time went on it |
//! | [`expected`] | what the choreography says must come, and has not been seen yet |
//! | [`skew`] | clocks that contradict the order of the log |
//! | [`headline`], [`story`] | what happened, in one sentence and in a few |
//! | [`money`] | where the money is after each step, and that it adds up to zero |
//! | [`statement`] | the lines of an account's statement, a capture among them |
//! | [`phases`] | which cells of debit-svc's phase table it went through |
//! | [`causes`] | what caused what, as a graph |
//! | [`timeline`] | a line of time on which idle stretches are short |
//! | [`span`], [`otlp`] | its OpenTelemetry spans, rebuilt from the log, and as a file |
//! | [`mermaid`] | it as the text of a diagram |
//! | [`typed`] | amounts as people type them |
//! | [`moment`], [`lapse`], [`exact`] | times and lapses of time as people write them; times as JSON has them |
//!
//! Everything here is pure: no clock, no randomness, no I/O. What it is given came out of a log and is untrusted text: whoever
//! shows it escapes it.
#![deny(clippy::float_arithmetic)]

pub mod along;
pub mod causes;
pub mod content;
pub mod exact;
pub mod expected;
mod figures;
pub mod flow;
pub mod headline;
pub mod held;
pub mod lapse;
pub mod mermaid;
pub mod moment;
pub mod money;
pub mod otlp;
pub mod phases;
pub mod skew;
pub mod span;
pub mod statement;
mod step;
pub mod steps;
pub mod story;
pub mod text;
pub mod timeline;
pub mod typed;
mod words;
