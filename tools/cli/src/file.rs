//! A whole file of transfers: `wallet transfer --file`.
//!
//! | step | module | does |
//! |---|---|---|
//! | read | `text` | bytes into lines of text |
//! | | `records`, `columns` | CSV: lines into records, records into named values |
//! | | `written` | CSV or JSONL, the same from here on |
//! | check | `content` | a row's values, each in one spelling |
//! | | `identity` | the ids of payments |
//! | | [`rows`] | all of it; every flaw is reported with its line (`flaws`) |
//! | ask | [`before`] | what the ledger knows of the payments, and what is left to do |
//! | send | [`plan`] | which transfer may start: not before the file's earlier ones on its accounts have ended |
//! | | [`run`] | sends requests, many at once, and awaits the outcomes |
//! | tell | `end`, [`report`] | the results |
//!
//! Nothing is sent before the whole file has been read, checked and looked up. Running a file again is harmless; `identity` and
//! [`before`] explain why.

pub mod before;
mod columns;
mod content;
mod end;
mod flaws;
mod identity;
mod line;
pub mod plan;
mod records;
pub mod report;
pub mod rows;
pub mod run;
#[cfg(test)]
mod tests;
mod text;
mod written;

use std::path::Path;

use anyhow::Result;
use wallet_terminal::exit::Usage;

use flaws::Flaws;

pub use before::{Choice, Step, Stop};
pub use content::Content;
pub use end::{End, Ended};
pub use flaws::Flaw;
pub use identity::{FileName, attempt};
pub use report::Report;
pub use rows::{Payments, Row};
pub use run::{Limits, play};
pub use written::Format;

/// Reads and checks a whole file.
pub fn read(path: &Path, batch: &str) -> Result<Payments> {
    let name = path.display();
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    let format = match extension.as_deref() {
        Some("csv" | "tsv") => Format::Csv,
        Some("jsonl" | "ndjson") => Format::Jsonl,
        Some(_) | None => {
            return Err(Usage::new(format!(
                "{name}: unknown file type; use a name that ends in .csv or .jsonl"
            ))
            .into());
        }
    };
    let bytes = std::fs::read(path).map_err(|error| Usage::new(format!("{name}: {error}")))?;
    let payments = rows::parse(&bytes, format, batch).map_err(|flaws| invalid(path, flaws))?;
    if payments.rows.is_empty() {
        return Err(Usage::new(format!("{name}: the file contains no transfers")).into());
    }
    Ok(payments)
}

/// Decides what to do about each payment, or returns why nothing is sent.
pub fn decide(path: &Path, payments: &Payments, known: &before::Known, choice: Choice) -> Result<Vec<Step>> {
    before::decide(payments, known, choice).map_err(|stop| match stop {
        Stop::Flaws(flaws) => invalid(path, flaws).into(),
        Stop::Ask(what) => Usage::new(format!("{}: {what}", path.display())).into(),
    })
}

fn invalid(path: &Path, flaws: Vec<Flaw>) -> Usage {
    let file = path.display().to_string();
    Usage::new(Flaws { file, flaws })
}
