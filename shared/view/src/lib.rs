//! A flow as people see it: one model for the viewer's pages and the command line.
//!
//! | part | is |
//! |---|---|
//! | [`flow`] | a flow on the wire, with its events |
//! | [`steps`], [`content`] | its requests and events in causal order, with marks, words and timings |
//! | `figures`, [`held`] | its amount and duration; how long it waited for its payer |
//! | [`critical_path`] | its critical path, and where the time went along it |
//! | [`expected`] | the events that the choreography requires and that have not been seen yet |
//! | [`skew`] | clocks that contradict the order of the log |
//! | [`headline`], [`story`] | what happened, in one sentence and in a few |
//! | [`money`] | where the money is after each step, and that the changes add up to zero |
//! | [`statement`] | the lines of an account's statement, captures included |
//! | [`phases`] | the cells of debit-svc's phase table that it went through |
//! | [`causes`] | the graph of causes and effects |
//! | [`timeline`] | a time axis on which idle stretches are shortened |
//! | [`span`], [`otlp`] | its OpenTelemetry spans, rebuilt from the log, and as a file |
//! | [`mermaid`] | its sequence diagram as Mermaid text |
//! | [`typed`] | amounts as people type them |
//! | [`moment`], [`duration`], [`exact`] | times and durations as people write them; times in JSON |
//!
//! Everything here is pure: no clock, no randomness, no I/O. The input comes from a log and is untrusted text, so the code that
//! displays it must escape it.
#![deny(clippy::float_arithmetic)]

pub mod causes;
pub mod content;
pub mod critical_path;
pub mod duration;
pub mod exact;
pub mod expected;
mod figures;
pub mod flow;
pub mod headline;
pub mod held;
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
