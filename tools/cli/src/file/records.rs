//! Splits the text of a CSV file into records, strictly.
//!
//! Money depends on where a value ends, so anything ambiguous is rejected, with the line where it begins. The `csv` crate is
//! designed to read any file somehow: it takes everything after an unclosed quote for one value up to the end of the file, and
//! `"rent"x` for `rentx`, and no option of it reports that. The loop below is CSV without that leniency.

/// Records with the lines on which they begin, counted from 1; a blank line is a record with one empty value.
pub(super) struct Records<'t> {
    rest: &'t str,
    line: u64,
    delimiter: char,
}

impl<'t> Records<'t> {
    /// Starts at the line with that number.
    pub(super) fn new(text: &'t str, line: u64, delimiter: char) -> Self {
        Self {
            rest: text,
            line,
            delimiter,
        }
    }

    fn value(&mut self) -> Result<String, String> {
        if let Some(quoted) = self.without_blanks(self.rest).strip_prefix('"') {
            return self.quoted(quoted);
        }
        let (value, rest) = self.split(self.rest);
        self.rest = rest;
        if value.contains('"') {
            return Err(format!(
                "the value {value:?} contains a quote: put the whole value in quotes and double each quote in it"
            ));
        }
        Ok(value.to_owned())
    }

    /// The value after an opening quote.
    fn quoted(&mut self, text: &'t str) -> Result<String, String> {
        let (opened, mut value, mut rest) = (self.line, String::new(), text);
        loop {
            let Some((part, more)) = rest.split_once('"') else {
                self.rest = "";
                return Err(format!("the quote opened on line {opened} is never closed"));
            };
            value.push_str(part);
            rest = more;
            let Some(more) = rest.strip_prefix('"') else { break };
            value.push('"');
            rest = more;
        }
        self.line += value.matches('\n').count() as u64;
        self.rest = self.without_blanks(rest);
        let (follows, _) = self.split(self.rest);
        if follows.is_empty() {
            return Ok(value);
        }
        if self.line == opened {
            return Err(format!(
                "{follows:?} follows the closing quote: double each quote within a value"
            ));
        }
        // It is unknown which lines belong to the value.
        self.rest = "";
        Err(format!(
            "the quote opened on line {opened} is closed on line {}, where {follows:?} follows: check where the quote is closed",
            self.line
        ))
    }

    /// The text up to the end of the value, and the rest from there.
    fn split(&self, text: &'t str) -> (&'t str, &'t str) {
        text.split_at(text.find([self.delimiter, '\n']).unwrap_or(text.len()))
    }

    fn without_blanks(&self, text: &'t str) -> &'t str {
        text.trim_start_matches(|c| matches!(c, ' ' | '\t') && c != self.delimiter)
    }

    fn skip_line(&mut self) {
        let end = self.rest.find('\n');
        self.rest = end.map_or("", |end| &self.rest[end + 1..]);
        self.line += 1;
    }
}

impl Iterator for Records<'_> {
    type Item = (u64, Result<Vec<String>, String>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, mut values) = (self.line, Vec::new());
        loop {
            match self.value() {
                Ok(value) => values.push(value),
                Err(what) => {
                    self.skip_line();
                    return Some((line, Err(what)));
                }
            }
            let Some(rest) = self.rest.strip_prefix(self.delimiter) else {
                break;
            };
            self.rest = rest;
        }
        self.skip_line();
        Some((line, Ok(values)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Result<Vec<String>, String>)> {
        Records::new(text, 1, ',').collect()
    }

    #[test]
    fn values_end_at_delimiters_and_quotes() {
        let check = |text: &str, expected: &[(u64, &[&str])]| {
            let found: Vec<_> = read(text)
                .into_iter()
                .map(|(line, values)| (line, values.unwrap()))
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(line, values)| {
                    (
                        *line,
                        values.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>(),
                    )
                })
                .collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("a,b\nc,d\n", &[(1, &["a", "b"]), (2, &["c", "d"])]);
        check("a,,\n,b", &[(1, &["a", "", ""]), (2, &["", "b"])]);
        check("\n \na\n\n", &[(1, &[""]), (2, &[" "]), (3, &["a"]), (4, &[""])]);
        check("\"a,\"\"b\"\"\",c\n", &[(1, &["a,\"b\"", "c"])]);
        check(" \"a\" , \"\" ,b c\n", &[(1, &["a", "", "b c"])]);
        check(
            "a,\"two\n\nlines\"\nb\n",
            &[(1, &["a", "two\n\nlines"]), (4, &["b"])],
        );
        check("a,", &[(1, &["a", ""])]);
    }

    #[test]
    fn a_misplaced_quote_is_reported_with_its_line() {
        let check = |text: &str, expected: &[(u64, &str)]| {
            let flaws = read(text)
                .into_iter()
                .filter_map(|(line, values)| Some((line, values.err()?)));
            let expected: Vec<_> = expected
                .iter()
                .map(|(line, what)| (*line, (*what).to_owned()))
                .collect();
            assert_eq!(flaws.collect::<Vec<_>>(), expected, "{text:?}");
        };
        check(
            "a\nb,\"rent\nc,d\n",
            &[(2, "the quote opened on line 2 is never closed")],
        );
        check(
            "a\n\"two\nlines\",\"rent\n",
            &[(2, "the quote opened on line 3 is never closed")],
        );
        check("\"", &[(1, "the quote opened on line 1 is never closed")]);
        check("\"a\"\"", &[(1, "the quote opened on line 1 is never closed")]);
        let follows = "\"x\" follows the closing quote: double each quote within a value";
        check("a,\"rent\"x,1\nb,\"rent\" x\nc\n", &[(1, follows), (2, follows)]);
        check(
            "b,\"rent\nc,\"gas\",1\nd\n",
            &[(
                1,
                "the quote opened on line 1 is closed on line 2, where \"gas\\\"\" follows: check where the quote is closed",
            )],
        );
        check(
            "a,5\" nail\nb\n",
            &[(
                1,
                "the value \"5\\\" nail\" contains a quote: put the whole value in quotes and double each quote in it",
            )],
        );
    }
}
