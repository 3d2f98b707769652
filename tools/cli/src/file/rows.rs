//! Checks all rows of a file, and gives each payment its id.

use std::collections::BTreeMap;

use wallet_client::request::Request;
use wallet_contract::id::{AccountId, TransferId};

use super::content::{Content, value};
use super::flaws::{Flaw, lines};
use super::identity::{FileName, Occurrences};
use super::line::Written;
use super::written::Format;

/// A payment of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, counted from 1.
    pub line: u64,
    /// Further lines with the same id and content: they denote the same payment.
    pub again_on: Vec<u64>,
    /// Whether its id is explicit in the file; otherwise it is derived.
    pub has_id: bool,
    /// Its content.
    pub content: Content,
    /// The request to send.
    pub request: Request,
}

/// The payments of a valid file.
#[derive(Debug)]
pub struct Payments {
    /// Its payments, in file order.
    pub rows: Vec<Row>,
    /// Its name, derived from its payments.
    pub name: FileName,
    /// Sentences about values that were read in another spelling than the wire's.
    pub notes: Vec<String>,
}

/// Parses the content of a file; if any line is invalid, all invalid lines are reported and nothing is accepted.
pub fn parse(bytes: &[u8], format: Format, batch: &str) -> Result<Payments, Vec<Flaw>> {
    let mut reader = Reader {
        batch,
        ..Reader::default()
    };
    let mut flaws = Vec::new();
    for (line, written) in format.lines(bytes) {
        if let Err(what) = written.and_then(|written| reader.take(line, &written)) {
            flaws.push(Flaw { line, what });
        }
    }
    if flaws.is_empty() {
        Ok(reader.payments())
    } else {
        Err(flaws)
    }
}

#[derive(Default)]
struct Reader<'b> {
    batch: &'b str,
    rows: Vec<Row>,
    /// The row of each payer's id.
    named: BTreeMap<(AccountId, TransferId), usize>,
    occurrences: Occurrences,
    /// Amounts with fewer decimals than their currency has, and otherwise respelled ones.
    short: Respelled,
    other: Respelled,
}

impl Reader<'_> {
    fn take(&mut self, line: u64, written: &Written) -> Result<(), String> {
        let content = Content::of(written)?;
        let id = match value(&written.id) {
            Some(id) => Some(id.parse().map_err(|_| format!("id {id:?} is not a UUID"))?),
            None => None,
        };
        let has_id = id.is_some();
        let id = id.unwrap_or_else(|| self.occurrences.next_id(&content, self.batch));
        let request = Request::transfer(id, &content.wanted()).map_err(|refusal| refusal.detail)?;
        if let Some(amount) = value(&written.amount).filter(|amount| *amount != content.amount) {
            let is_short = content.amount.starts_with(amount);
            let respelled = if is_short {
                &mut self.short
            } else {
                &mut self.other
            };
            respelled.add(line, amount, &content.amount);
        }
        let row = Row {
            line,
            again_on: Vec::new(),
            has_id,
            content,
            request,
        };
        self.once(row)
    }

    /// A payer's id identifies one payment. Listing exactly the same payment twice is neither a mistake nor a second payment.
    fn once(&mut self, row: Row) -> Result<(), String> {
        let (payer, id) = (row.content.from.clone(), row.request.id);
        let Some(index) = self.named.get(&(payer.clone(), id)) else {
            self.named.insert((payer, id), self.rows.len());
            self.rows.push(row);
            return Ok(());
        };
        let earlier = &mut self.rows[*index];
        if let Some(difference) = row.content.difference(&earlier.content) {
            let line = earlier.line;
            return Err(format!(
                "id {id} was used on line {line} for another payment of {payer}: {difference}"
            ));
        }
        earlier.again_on.push(row.line);
        Ok(())
    }

    fn payments(mut self) -> Payments {
        let name = FileName::of(self.named.keys().map(|(payer, id)| (*id, payer)));
        for row in &mut self.rows {
            row.request.trace = Some(name.trace(row.request.id));
        }
        let short = self.short.note("with zeros added");
        let notes = short.into_iter().chain(self.other.note("as plain numbers"));
        Payments {
            rows: self.rows,
            name,
            notes: notes.collect(),
        }
    }
}

/// Amounts whose spelling differs from the wire's.
#[derive(Default)]
struct Respelled {
    lines: Vec<u64>,
    first: Option<(String, String)>,
}

impl Respelled {
    fn add(&mut self, line: u64, written: &str, read: &str) {
        self.lines.push(line);
        self.first
            .get_or_insert_with(|| (written.to_owned(), read.to_owned()));
    }

    fn note(&self, how: &str) -> Option<String> {
        let (written, read) = self.first.as_ref()?;
        let lines = lines(&self.lines);
        Some(match self.lines.len() {
            1 => format!("the amount on {lines} is read {how}: {written:?} as {read}"),
            _ => format!("the amounts on {lines} are read {how}, such as {written:?} as {read}"),
        })
    }
}
