//! Reads a file of transfers and checks all of it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::Result;
use uuid::{Builder, Uuid};
use wallet_contract::id::{AccountId, TransferId, derive};

use crate::exit::Usage;
use crate::file::written::{Format, Written};
use crate::request::{Request, Wanted};

/// How many flaws are told before the rest is only counted.
const MAX_TOLD: usize = 20;
/// What the ids of rows without one are derived in: drawn by lot, once.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d3a_91c4_52be_4f08_a6d1_0c9e_83b7_f215);

/// A transfer of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line it begins on, counted from 1.
    pub line: u64,
    /// What is sent.
    pub request: Request,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

/// Reads a file; if one line of it makes no sense, all such lines are told and none is taken.
pub fn read(path: &Path, batch: &str) -> Result<Vec<Row>> {
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase());
    let format = match extension.as_deref() {
        Some("csv") => Format::Csv,
        Some("jsonl" | "ndjson") => Format::Jsonl,
        Some(_) | None => {
            return Err(Usage::new(format!(
                "{}: use a file that ends in .csv or .jsonl",
                path.display()
            ))
            .into());
        }
    };
    let bytes = std::fs::read(path).map_err(|error| Usage::new(format!("{}: {error}", path.display())))?;
    let flawed = |flaws: Vec<Flaw>| {
        Usage::new(Flaws {
            file: path.display().to_string(),
            flaws,
        })
    };
    let rows = parse(&bytes, format, batch).map_err(flawed)?;
    if rows.is_empty() {
        return Err(Usage::new(format!("{}: there is no transfer in it", path.display())).into());
    }
    Ok(rows)
}

/// All that is wrong with a file.
struct Flaws {
    file: String,
    flaws: Vec<Flaw>,
}

impl fmt::Display for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} has {} bad line{}; nothing was sent:",
            self.file,
            self.flaws.len(),
            if self.flaws.len() == 1 { "" } else { "s" }
        )?;
        for flaw in self.flaws.iter().take(MAX_TOLD) {
            write!(f, "\n  line {}: {}", flaw.line, flaw.what)?;
        }
        match self.flaws.len().saturating_sub(MAX_TOLD) {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}

/// Reads the content of a file.
pub fn parse(bytes: &[u8], format: Format, batch: &str) -> Result<Vec<Row>, Vec<Flaw>> {
    let (mut rows, mut flaws) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<(TransferId, AccountId), (u64, String)> = BTreeMap::new();
    for (line, written) in format.lines(bytes) {
        let row = written.and_then(|written| row(line, &written, batch));
        match row.and_then(|row| once(row, &mut seen)) {
            Ok(row) => rows.push(row),
            Err(what) => flaws.push(Flaw { line, what }),
        }
    }
    if flaws.is_empty() { Ok(rows) } else { Err(flaws) }
}

/// A payer's id names one transfer. To repeat the very same is harmless.
fn once(row: Row, seen: &mut BTreeMap<(TransferId, AccountId), (u64, String)>) -> Result<Row, String> {
    let Row { line, request } = &row;
    let key = (request.id, request.account.clone());
    match seen.get(&key) {
        Some((earlier, body)) if *body != request.body => Err(format!(
            "id {} was used on line {earlier} for another transfer of {}",
            request.id, request.account
        )),
        Some(_) => Ok(row),
        None => {
            seen.insert(key, (*line, request.body.clone()));
            Ok(row)
        }
    }
}

fn row(line: u64, written: &Written, batch: &str) -> Result<Row, String> {
    let needed = |name: &str, value: &'_ Option<String>| {
        value
            .clone()
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("{name:?} is missing"))
    };
    let from: AccountId = needed("from", &written.from)?
        .parse()
        .map_err(|bad| format!("\"from\": {bad}"))?;
    let (to, amount) = (needed("to", &written.to)?, needed("amount", &written.amount)?);
    let currency = needed("currency", &written.currency)?;
    let memo = written.memo.as_deref().filter(|memo| !memo.is_empty());
    let wanted = Wanted {
        from: &from,
        to: &to,
        amount: &amount,
        currency: &currency,
        memo,
    };
    let id = match written.id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => id.parse().map_err(|_| format!("\"id\": {id:?} is not a UUID"))?,
        None => derived(line, &wanted, batch),
    };
    let request = Request::transfer(id, &wanted).map_err(|refusal| refusal.detail)?;
    Ok(Row { line, request })
}

/// The id of a row that has none: the same for the same row, line and run, for ever.
///
/// The line number stands in front, so that the ids of neighbours are neighbours in every index; the rest is a hash.
fn derived(line: u64, wanted: &Wanted<'_>, batch: &str) -> TransferId {
    let text = line.to_string();
    let parts = [
        &text,
        wanted.to,
        wanted.amount,
        wanted.currency,
        wanted.memo.unwrap_or_default(),
        batch,
    ];
    let parts = parts.map(str::as_bytes);
    let low = derive(wanted.from, NAMESPACE, &parts).0.into_bytes();
    let high = derive(wanted.from, Uuid::from_bytes(low), &parts).0.into_bytes();
    let [_, _, number @ ..] = line.to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&number);
    bytes[6..8].copy_from_slice(&high[14..]);
    bytes[8..].copy_from_slice(&low[8..]);
    TransferId(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";

    fn bodies(text: &str, format: Format) -> Vec<(u64, String)> {
        parse(text.as_bytes(), format, "")
            .unwrap()
            .into_iter()
            .map(|row| (row.line, row.request.body))
            .collect()
    }

    fn flaws(text: &str, format: Format) -> Vec<String> {
        let flaws = parse(text.as_bytes(), format, "").unwrap_err();
        flaws
            .into_iter()
            .map(|flaw| format!("{}: {}", flaw.line, flaw.what))
            .collect()
    }

    #[test]
    fn csv_and_jsonl_mean_the_same() {
        let csv =
            format!("to,from,currency,amount,memo,id\nbob,alice,USD,12.50,\"for \"\"lunch\"\"\",{ID}\n");
        let jsonl = format!(
            "\n{{\"from\":\"alice\",\"to\":\"bob\",\"amount\":\"12.50\",\"currency\":\"USD\",\"memo\":\"for \\\"lunch\\\"\",\"id\":\"{ID}\"}}\n"
        );
        let body = format!(
            "{{\"id\":\"{ID}\",\"to\":\"bob\",\"amount\":\"12.50\",\"currency\":\"USD\",\"memo\":\"for \\\"lunch\\\"\"}}"
        );
        assert_eq!(bodies(&csv, Format::Csv), [(2, body.clone())]);
        assert_eq!(bodies(&jsonl, Format::Jsonl), [(2, body)]);
    }

    #[test]
    fn a_spreadsheets_byte_order_mark_and_line_ends_are_no_flaw() {
        let rows = bodies(
            &format!("\u{feff}id,from,to,amount,currency\r\n{ID},alice,bob,1.00,USD\r\n"),
            Format::Csv,
        );
        assert_eq!(rows.len(), 1);
    }

    #[test]
    fn an_id_that_is_not_given_follows_from_row_line_and_batch() {
        let id = |text: &str, row: usize, batch: &str| {
            parse(text.as_bytes(), Format::Csv, batch).unwrap()[row]
                .request
                .id
                .to_string()
        };
        let file = "from,to,amount,currency\nalice,bob,1.00,USD\nalice,bob,1.00,USD\n";
        // A change here would let every file that was played before pay again.
        assert_eq!(id(file, 0, ""), "00000000-0002-85dd-a2b6-cb692fdbef07");
        assert_ne!(
            id(file, 0, ""),
            id(file, 1, ""),
            "two equal rows are two payments"
        );
        assert_ne!(id(file, 0, ""), id(file, 0, "2026-02"), "a new batch pays again");
        assert_ne!(id(file, 0, ""), id(&file.replacen("1.00", "1.01", 1), 0, ""));
        assert_eq!(
            id(file, 0, ""),
            id(&format!("{file}carol,bob,2.00,USD\n"), 0, ""),
            "other rows do not matter"
        );
    }

    #[test]
    fn every_bad_line_is_told() {
        let file = format!(
            "id,from,to,amount,currency,memo\n\
             {ID},alice,bob,12.345,USD,\n\
             ,alice,bob,1.00,USD,fine\n\
             ,alice,alice,1.00,USD,\n\
             7,alice,bob,1.00,USD,\n\
             ,a.b,bob,1.00,USD,\n\
             ,,bob,1.00,USD,\n\
             ,alice,bob,1.00,USD\n\
             ,alice,bob,1.00,usd,\n"
        );
        let expected = [
            "2: amount \"12.345\" has 3 decimals, USD has 2",
            "4: alice can't pay itself",
            "5: \"id\": \"7\" is not a UUID",
            "6: \"from\": account name \"a.b\" has '.': use ASCII letters, digits, '-' and '_' ('@' in front is the operator's)",
            "7: \"from\" is missing",
            "8: it has 5 values, the header line has 6 names",
            "9: unknown currency \"usd\": use an ISO 4217 code in capitals, such as USD",
        ];
        assert_eq!(flaws(&file, Format::Csv), expected);
    }

    #[test]
    fn a_bad_header_is_told() {
        let known = "a header line has id,from,to,amount,currency,memo";
        let check = |header: &str, expected: &str| {
            assert_eq!(
                flaws(&format!("{header}\n"), Format::Csv),
                [format!("1: {expected}")]
            );
        };
        check(
            "from,to,amount,curency",
            &format!("unknown column \"curency\": {known}"),
        );
        check(
            "from,to,amount",
            &format!("column \"currency\" is missing: {known} (id and memo may be left out)"),
        );
        check(
            "from,from,to,amount,currency",
            &format!("column \"from\" is there twice: {known}"),
        );
    }

    #[test]
    fn bad_json_is_told() {
        let file = "{\"from\":\"alice\",\"to\":\"bob\",\"amount\":1.5,\"currency\":\"USD\"}\n\
                    {\"from\":\"alice\",\"payee\":\"bob\"}\n\
                    nonsense\n";
        let expected = [
            "1: invalid type: floating point `1.5`, expected a string (column 39); use text for every value",
            "2: unknown field `payee`, expected one of `id`, `from`, `to`, `amount`, `currency`, `memo` (column 23); use text for every value",
            "3: expected ident (column 2); use text for every value",
        ];
        assert_eq!(flaws(file, Format::Jsonl), expected);
    }

    #[test]
    fn an_id_names_one_transfer_of_a_payer() {
        let file = |rows: &[&str]| format!("id,from,to,amount,currency\n{}", rows.join("\n"));
        let (one, other) = (
            format!("{ID},alice,bob,1.00,USD"),
            format!("{ID},alice,bob,2.00,USD"),
        );
        let anothers = format!("{ID},carol,bob,2.00,USD");
        assert_eq!(bodies(&file(&[&one, &one, &anothers]), Format::Csv).len(), 3);
        let expected = format!("3: id {ID} was used on line 2 for another transfer of alice");
        assert_eq!(flaws(&file(&[&one, &other]), Format::Csv), [expected]);
    }

    #[test]
    fn many_flaws_are_counted() {
        let flaws = (1..=25)
            .map(|line| Flaw {
                line,
                what: "bad".to_owned(),
            })
            .collect();
        let text = Flaws {
            file: "f.csv".to_owned(),
            flaws,
        }
        .to_string();
        assert!(
            text.starts_with("f.csv has 25 bad lines; nothing was sent:\n  line 1: bad\n"),
            "{text}"
        );
        assert!(text.ends_with("  line 20: bad\n  … and 5 more"), "{text}");
    }
}
