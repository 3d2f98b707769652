//! The formats of transfers: CSV with a header line, or one JSON object per line. Only the structure is checked here.

use serde_json::Value;

use super::columns::{COLUMNS, Columns};
use super::flaws::Flaw;
use super::line::Written;
use super::records::Records;
use super::text::decode;

/// The possible delimiters of a CSV file; spreadsheets use a semicolon where a comma is the decimal separator.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// CSV with a header line.
    Csv,
    /// One JSON object per line.
    Jsonl,
}

/// Lines with their numbers, counted from 1.
pub(super) type Lines = Vec<(u64, Result<Written, String>)>;

impl Format {
    /// Splits the content of a file into transfers; lines without the right structure become errors.
    pub(super) fn lines(self, bytes: &[u8]) -> Lines {
        match decode(bytes) {
            Ok(text) => match self {
                Self::Csv => csv(&text),
                Self::Jsonl => jsonl(&text),
            },
            Err(Flaw { line, what }) => vec![(line, Err(what))],
        }
    }
}

fn jsonl(text: &str) -> Lines {
    let lines = text.split('\n').zip(1..);
    let filled = lines.filter(|(line, _)| !line.trim().is_empty());
    filled.map(|(line, number)| (number, json(line))).collect()
}

fn json(line: &str) -> Result<Written, String> {
    // serde would accept an array as the values in the order of our fields.
    if !line.trim_start().starts_with('{') {
        return Err("the line is not a JSON object such as {\"from\":\"alice\",…}".to_owned());
    }
    serde_json::from_str(line).map_err(|bad| json_flaw(line, &bad))
}

/// The flaw of a line: its first value that is not text, or else serde's message without its line number, which is always 1 here.
fn json_flaw(line: &str, bad: &serde_json::Error) -> String {
    let fields: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap_or_default();
    let wrong = fields.iter().find_map(|(name, value)| {
        let what = match value {
            Value::String(_) => return None,
            Value::Null => "null: leave it out, or write a string",
            Value::Number(_) => "a number: write it as a string, such as \"12.50\"",
            Value::Bool(_) | Value::Array(_) | Value::Object(_) => "not a string: every value is a string",
        };
        COLUMNS
            .contains(&name.as_str())
            .then(|| format!("{name} is {what}"))
    });
    wrong.unwrap_or_else(|| {
        let text = bad.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text);
        format!("{what} (column {})", bad.column())
    })
}

fn csv(text: &str) -> Lines {
    let (mut text, mut first) = (text, 1);
    // Excel's way to declare the delimiter.
    let declared = text.strip_prefix("sep=").and_then(|rest| rest.split_once('\n'));
    let declared = declared.and_then(|(delimiter, rest)| Some((delimiter.parse().ok()?, rest)));
    if let Some((_, rest)) = declared {
        (text, first) = (rest, 2);
    }
    let delimiter = declared.map_or_else(|| delimiter(text), |(delimiter, _)| delimiter);
    let is_blank = |values: &[String]| values.iter().all(|value| value.trim().is_empty());
    let mut records = Records::new(text, first, delimiter)
        .filter(|(_, values)| values.as_ref().map_or(true, |values| !is_blank(values)));
    let columns = match records.next() {
        Some((line, header)) => match header.and_then(|header| Columns::of(&header, delimiter)) {
            Ok(columns) => columns,
            Err(what) => return vec![(line, Err(what))],
        },
        None => return Vec::new(),
    };
    records
        .map(|(line, values)| (line, values.and_then(|values| columns.row(&values))))
        .collect()
}

/// The delimiter of the header line, whose names contain none.
fn delimiter(text: &str) -> char {
    let header = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let times = |delimiter: &char| header.matches(*delimiter).count();
    DELIMITERS.into_iter().rev().max_by_key(times).unwrap_or(',')
}
