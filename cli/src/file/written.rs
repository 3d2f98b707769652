//! How transfers are written down: CSV with a header line, or a JSON object a line. Only the shape is checked here.

use serde::Deserialize;

const COLUMNS: [&str; 6] = ["id", "from", "to", "amount", "currency", "memo"];

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With a line of column names first.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// A transfer as it stands in the file. Every value is text.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) id: Option<String>,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) amount: Option<String>,
    pub(super) currency: Option<String>,
    pub(super) memo: Option<String>,
}

/// Lines with their numbers, counted from 1.
pub(super) type Lines = Vec<(u64, Result<Written, String>)>;

impl Format {
    /// Cuts the content of a file into transfers; what has no such shape is told.
    pub(super) fn lines(self, bytes: &[u8]) -> Lines {
        match self {
            Self::Csv => csv(bytes),
            Self::Jsonl => jsonl(bytes),
        }
    }
}

fn jsonl(bytes: &[u8]) -> Lines {
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let filled = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    filled
        .map(|(line, number)| {
            (
                number,
                serde_json::from_slice(line).map_err(|bad| json_flaw(&bad)),
            )
        })
        .collect()
}

/// What serde says, without its own count of lines, which begins anew on each of ours.
fn json_flaw(bad: &serde_json::Error) -> String {
    let text = bad.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("{what} (column {}); use text for every value", bad.column())
}

fn csv(bytes: &[u8]) -> Lines {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let names = match reader.headers() {
        Ok(names) => names.clone(),
        Err(bad) => return vec![(1, Err(csv_flaw(&bad)))],
    };
    if let Err(what) = check_columns(&names) {
        return vec![(1, Err(what))];
    }
    let mut lines = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let begins = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return lines,
            Ok(true) => {
                let line = record.position().map_or(begins, csv::Position::line);
                lines.push((line, Ok(written(&names, &record))));
            }
            Err(bad) => {
                let line = bad.position().map_or(begins, csv::Position::line);
                lines.push((line, Err(csv_flaw(&bad))));
                if bad.is_io_error() {
                    return lines;
                }
            }
        }
    }
}

fn check_columns(names: &csv::StringRecord) -> Result<(), String> {
    let known = format!("a header line has {}", COLUMNS.join(","));
    if let Some(strange) = names.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(format!("unknown column {strange:?}: {known}"));
    }
    if let Some(twice) = COLUMNS
        .iter()
        .find(|known| names.iter().filter(|name| name == *known).count() > 1)
    {
        return Err(format!("column {twice:?} is there twice: {known}"));
    }
    let needed = ["from", "to", "amount", "currency"];
    match needed
        .iter()
        .find(|needed| !names.iter().any(|name| name == **needed))
    {
        Some(missing) => Err(format!(
            "column {missing:?} is missing: {known} (id and memo may be left out)"
        )),
        None => Ok(()),
    }
}

fn written(names: &csv::StringRecord, record: &csv::StringRecord) -> Written {
    let value = |name: &str| {
        let index = names.iter().position(|known| known == name)?;
        record.get(index).map(str::to_owned)
    };
    Written {
        id: value("id"),
        from: value("from"),
        to: value("to"),
        amount: value("amount"),
        currency: value("currency"),
        memo: value("memo"),
    }
}

fn csv_flaw(bad: &csv::Error) -> String {
    if let csv::ErrorKind::UnequalLengths {
        expected_len, len, ..
    } = bad.kind()
    {
        return format!("it has {len} values, the header line has {expected_len} names");
    }
    if let csv::ErrorKind::Utf8 { .. } = bad.kind() {
        return "it is not UTF-8 text".to_owned();
    }
    bad.to_string()
}
