//! What is shown: tables, colours, JSON. Data goes to stdout, talk to stderr.
//!
//! Names and memos come from other people, so nothing is shown as it came: control characters, with which a text could
//! rewrite the terminal, are replaced.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

/// Writes a text and a line end to stdout.
pub fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.trim_end_matches('\n').as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes a JSON document on one line to stdout.
pub fn json(value: &impl Serialize) -> io::Result<()> {
    line(&serde_json::to_string(value)?)
}

/// Whether words are also coloured. The words alone must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Plain text.
    Plain,
    /// With ANSI colours.
    Colour,
}

impl Paint {
    /// Colours only for a person at a terminal who did not say no (<https://no-color.org>).
    pub fn for_stdout() -> Self {
        let unwanted = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        if io::stdout().is_terminal() && !unwanted("NO_COLOR") && !dumb {
            Self::Colour
        } else {
            Self::Plain
        }
    }

    /// What went well.
    pub fn good(self, text: &str) -> String {
        self.with("32", text)
    }

    /// What was refused.
    pub fn bad(self, text: &str) -> String {
        self.with("31", text)
    }

    /// What was given back, or is not over.
    pub fn warn(self, text: &str) -> String {
        self.with("33", text)
    }

    /// What matters most.
    pub fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    /// What matters less.
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

/// A text of somebody else, made safe to show.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || is_invisible(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

/// Marks that turn the direction of writing, or hide in it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// On which side a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers and money.
    Right,
}

/// Rows of text in columns as wide as they need be.
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

    /// Adds a row; cells are cleaned here.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        self.rows
            .push(cells.into_iter().map(|cell| clean(cell.as_ref())).collect());
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, its headings faint.
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

/// A time for people: UTC, to the second.
pub fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time span for people: `0.42 ms`, `8.3 ms`, `1.25 s`, `2 min 5 s`.
pub fn span(duration: Duration) -> String {
    let us = duration.as_micros();
    match us {
        0..10_000 => format!("{}.{:02} ms", us / 1_000, us % 1_000 / 10),
        10_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        1_000_000..60_000_000 => format!("{}.{:02} s", us / 1_000_000, us % 1_000_000 / 10_000),
        _ => format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

/// A number for people: `2,897`.
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
    fn money_stands_right_and_words_left() {
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
    fn a_memo_can_not_rewrite_the_terminal() {
        assert_eq!(
            clean("lunch \x1b[2J\r\u{202e}!"),
            "lunch \u{fffd}[2J\u{fffd}\u{fffd}!"
        );
        assert_eq!(clean("Lunch für 2 €"), "Lunch für 2 €");
    }

    #[test]
    fn numbers_read_well() {
        let spans = [420, 8_349, 999_950, 1_250_000, 125_000_000].map(|us| span(Duration::from_micros(us)));
        assert_eq!(spans, ["0.42 ms", "8.34 ms", "999.9 ms", "1.25 s", "2 min 5 s"]);
        assert_eq!(
            [0, 999, 1_000, 2_897, 1_234_567].map(count),
            ["0", "999", "1,000", "2,897", "1,234,567"]
        );
        assert_eq!(
            time("2026-01-31T12:00:00.123456Z".parse().unwrap()),
            "2026-01-31 12:00:00"
        );
    }
}
