//! The columns of a CSV file: its header line, and the values below it.

use super::line::Written;

/// The supported columns; in JSON, the fields.
pub(super) const COLUMNS: [&str; 6] = ["id", "from", "to", "amount", "currency", "memo"];
/// The required ones.
const NEEDED: [&str; 4] = ["from", "to", "amount", "currency"];

/// A header line's names, in order.
#[derive(Debug)]
pub(super) struct Columns {
    /// In lower case; empty for a column without a name, such as the trailing one of many spreadsheets.
    names: Vec<String>,
    /// The least number of values in a row.
    needed: usize,
    delimiter: char,
}

impl Columns {
    /// Parses a header line.
    pub(super) fn of(header: &[String], delimiter: char) -> Result<Self, String> {
        let names: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
        check(&names)?;
        let needed = names
            .iter()
            .rposition(|name| !name.is_empty())
            .map_or(0, |last| last + 1);
        Ok(Self {
            names,
            needed,
            delimiter,
        })
    }

    /// Converts a row's values into a transfer.
    pub(super) fn row(&self, values: &[String]) -> Result<Written, String> {
        let given = values
            .iter()
            .rposition(|value| !value.trim().is_empty())
            .map_or(0, |last| last + 1);
        if let Some(amount) = self.split_amount(values, given) {
            return Err(format!(
                "{amount:?} is two values, because commas separate values: put it in quotes, or use a decimal point"
            ));
        }
        if given > self.names.len() {
            return Err(format!(
                "the row has {given} values, the header has {} columns",
                self.needed
            ));
        }
        if values.len() < self.needed {
            return Err(format!(
                "the row has {} values, the header has {} columns",
                values.len(),
                self.needed
            ));
        }
        let mut named = self.names.iter().zip(values);
        if let Some((_, value)) = named.find(|(name, value)| name.is_empty() && !value.trim().is_empty()) {
            return Err(format!("the value {value:?} is in a column without a name"));
        }
        if values.iter().any(|value| self.contains_a_row(value)) {
            return Err("a quoted value spans several lines, and one of them looks like a transfer: check where the quote is closed".to_owned());
        }
        let value = |name: &str| {
            let index = self.names.iter().position(|known| known == name)?;
            values.get(index).cloned()
        };
        Ok(Written {
            id: value("id"),
            from: value("from"),
            to: value("to"),
            amount: value("amount"),
            currency: value("currency"),
            memo: value("memo"),
        })
    }

    /// The error for an amount whose decimal comma split it in two, so that its second half is taken for the currency or is one
    /// value too many.
    fn split_amount(&self, values: &[String], given: usize) -> Option<String> {
        let at = self.names.iter().position(|name| name == "amount")?;
        let digits = |at: usize| {
            let value = values.get(at)?.trim();
            let are_digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            are_digits.then_some(value)
        };
        let (whole, fraction) = (digits(at)?, digits(at + 1)?);
        let is_wrong =
            self.names.get(at + 1).is_some_and(|name| name == "currency") || given > self.names.len();
        (self.delimiter == ',' && is_wrong).then(|| format!("{whole},{fraction}"))
    }

    /// Whether a quoted value contains a line with as many values as a row: then a quote is missing before it.
    fn contains_a_row(&self, value: &str) -> bool {
        let delimiters = |line: &str| line.matches(self.delimiter).count();
        value
            .split('\n')
            .skip(1)
            .any(|line| delimiters(line) + 1 >= self.needed)
    }
}

fn check(names: &[String]) -> Result<(), String> {
    let known = format!("a header line has {}", COLUMNS.join(","));
    let mut named = names.iter().filter(|name| !name.is_empty());
    if let Some(unknown) = named.find(|name| !COLUMNS.contains(&name.as_str())) {
        return Err(format!("unknown column {unknown:?}: {known}"));
    }
    let times = |column: &str| names.iter().filter(|name| *name == column).count();
    if let Some(twice) = COLUMNS.into_iter().find(|column| times(column) > 1) {
        return Err(format!("column {twice:?} appears twice: {known}"));
    }
    match NEEDED.into_iter().find(|column| times(column) == 0) {
        Some(missing) => Err(format!(
            "column {missing:?} is missing: {known} (id and memo may be left out)"
        )),
        None => Ok(()),
    }
}
