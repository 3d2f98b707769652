//! A whole file of transfers: `wallet transfer --file`.
//!
//! | module | does |
//! |---|---|
//! | [`rows`] | reads and checks the whole file; every flaw is told with its line before anything is sent |
//! | [`plan`] | which transfer may start: not before the file's earlier ones on its accounts have ended |
//! | [`run`] | sends what may start, many at once, and hears the outcomes |
//! | [`report`] | what came of it |
//!
//! Playing a file again is harmless. Ids make it so: those that stand in it, and for rows without one an id that
//! follows from the row, its line number and the run's name.

pub mod plan;
pub mod report;
pub mod rows;
pub mod run;
mod written;

pub use report::{End, Report};
pub use rows::{Row, read};
pub use run::{Limits, play};
pub use written::Format;
