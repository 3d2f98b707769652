//! Output: tables, colours, JSON. Data goes to stdout, messages to stderr.
//!
//! Names and memos are untrusted, so nothing is shown verbatim: control characters, which could rewrite the terminal, are
//! replaced.

use std::env;
use std::io::{self, IsTerminal, Write};

use jiff::Timestamp;
use serde::Serialize;

pub use wallet_view::text::{clean, exact, ms, span, time};

/// Why output could not be written to stdout.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// The reader has closed the pipe, as `head` does. That is not a failure and is not reported.
    #[error("the reader of the output has closed it")]
    Unread,
    /// Writing failed, for example because the disk is full.
    #[error("the output can't be written: {0}")]
    Failed(io::Error),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Unread
        } else {
            Self::Failed(error)
        }
    }
}

/// A time for people, like [`time`] but to the microsecond, for when events within a second matter.
pub fn precise(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S.%6f").to_string()
}

/// Writes a line to stdout.
pub fn line(text: &str) -> Result<(), Unwritten> {
    let mut out = io::stdout().lock();
    out.write_all(text.trim_end_matches('\n').as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Writes a JSON document as one line to stdout.
pub fn json(value: &impl Serialize) -> Result<(), Unwritten> {
    line(&serde_json::to_string(value).map_err(io::Error::from)?)
}

/// Writes a message to stderr; a closed stderr is ignored, so that the work goes on.
pub fn talk(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Whether to use colours. The words alone must suffice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    Plain,
    /// With ANSI colours.
    Colour,
}

impl Paint {
    /// Colours only on a capable terminal, and unless `NO_COLOR` is set (<https://no-color.org>).
    pub fn for_stdout() -> Self {
        let unwanted = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        if io::stdout().is_terminal() && !unwanted("NO_COLOR") && !dumb {
            Self::Colour
        } else {
            Self::Plain
        }
    }

    /// Marks a success.
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// Marks a refusal.
    pub fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// Marks something returned or unfinished.
    pub fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Marks the most important text.
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// Marks less important text.
    pub fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self {
            Self::Colour if !text.is_empty() => format!("\x1b[{code}m{text}\x1b[0m"),
            Self::Colour | Self::Plain => text.to_owned(),
        }
    }
}

/// The alignment of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// For words.
    Left,
    /// For numbers and money.
    Right,
}

/// A table with columns as wide as their content.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new(columns: &[(&str, Side)]) -> Self {
        Self {
            columns: columns
                .iter()
                .map(|(name, side)| ((*name).to_owned(), *side))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells are sanitized here.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        self.rows
            .push(cells.into_iter().map(|cell| clean(cell.as_ref())).collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, with faint headings.
    pub fn draw(&self, paint: Paint) -> String {
        let width = |index: usize, name: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            cells
                .map(|cell| cell.chars().count())
                .chain([name.chars().count()])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = self
            .columns
            .iter()
            .enumerate()
            .map(|(i, (name, _))| width(i, name))
            .collect();
        let headings: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let mut text = paint.faint(&self.draw_row(&headings, &widths));
        text.push('\n');
        for row in &self.rows {
            text.push_str(&self.draw_row(row, &widths));
            text.push('\n');
        }
        text
    }

    fn draw_row(&self, cells: &[String], widths: &[usize]) -> String {
        let columns = cells.iter().zip(widths).zip(&self.columns);
        let padded: Vec<String> = columns
            .map(|((cell, width), (_, side))| pad(cell, *width, *side))
            .collect();
        padded.join("  ").trim_end().to_owned()
    }
}

fn pad(cell: &str, width: usize, side: Side) -> String {
    match side {
        Side::Left => format!("{cell:<width$}"),
        Side::Right => format!("{cell:>width$}"),
    }
}

/// A number with thousands separators: `2,897`.
pub fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_aligned_right_and_words_left() {
        let mut table = Table::new(&[("currency", Side::Left), ("available", Side::Right)]);
        table.row(["USD", "-12.50"]);
        table.row(["KRW", "1250000"]);
        let expected = "currency  available\nUSD          -12.50\nKRW         1250000\n";
        assert_eq!(table.draw(Paint::Plain), expected);
        assert!(
            table
                .draw(Paint::Colour)
                .starts_with("\x1b[2mcurrency  available\x1b[0m\n")
        );
    }

    #[test]
    fn a_precise_time_extends_the_common_format() {
        let at: Timestamp = "2026-11-30T18:01:57.976782Z".parse().unwrap();
        assert_eq!(precise(at), "2026-11-30 18:01:57.976782");
        assert!(precise(at).starts_with(&time(at)));
    }

    #[test]
    fn numbers_have_thousands_separators() {
        assert_eq!(
            [0, 999, 1_000, 2_897, 1_234_567].map(count),
            ["0", "999", "1,000", "2,897", "1,234,567"]
        );
    }
}
