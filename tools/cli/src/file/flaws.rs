//! The flaws of a file, reported so that a person can fix them: the same fault on 400 lines is one fault.

use std::fmt;

use wallet_terminal::output::count;

/// How many faults are listed before the rest is only counted.
const MAX_FAULTS: usize = 20;
/// How many lines, or ranges of lines, are listed.
const MAX_RANGES: usize = 6;

/// A flaw in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

/// All flaws of a file.
pub(super) struct Flaws {
    pub(super) file: String,
    pub(super) flaws: Vec<Flaw>,
}

impl fmt::Display for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.flaws.len();
        let lines = if number == 1 { "line" } else { "lines" };
        write!(
            f,
            "{} has {} bad {lines}; nothing was sent:",
            self.file,
            count(number)
        )?;
        let faults = Fault::of(&self.flaws);
        for fault in faults.iter().take(MAX_FAULTS) {
            write!(f, "\n  {fault}")?;
        }
        match faults.len().saturating_sub(MAX_FAULTS) {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more faults"),
        }
    }
}

/// One fault, on one or more lines.
struct Fault<'f> {
    like: String,
    first: &'f Flaw,
    lines: Vec<u64>,
}

impl<'f> Fault<'f> {
    /// Groups equal flaws, in the order of their first lines.
    fn of(flaws: &'f [Flaw]) -> Vec<Self> {
        let mut faults: Vec<Self> = Vec::new();
        for flaw in flaws {
            let like = without_values(&flaw.what);
            match faults.iter_mut().find(|fault| fault.like == like) {
                Some(fault) => fault.lines.push(flaw.line),
                None => faults.push(Self {
                    like,
                    first: flaw,
                    lines: vec![flaw.line],
                }),
            }
        }
        faults
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Flaw { line, what } = self.first;
        if self.lines.len() == 1 {
            return write!(f, "line {line}: {what}");
        }
        write!(f, "{}, such as line {line}: {what}", lines(&self.lines))
    }
}

/// A message without digits and quoted parts: messages that are equal without them describe the same fault.
fn without_values(what: &str) -> String {
    let (mut like, mut quoted, mut escaped) = (String::new(), None, false);
    for character in what.chars() {
        match quoted {
            Some(quote) => {
                if character == quote && !escaped {
                    quoted = None;
                }
                escaped = character == '\\' && !escaped;
            }
            None if character == '"' => quoted = Some(character),
            None if !character.is_ascii_digit() => like.push(character),
            None => {}
        }
    }
    like
}

/// Ascending line numbers in words: `line 2`, `lines 2, 3 and 5 to 9`; if there are very many, the first ones and their number.
pub(super) fn lines(numbers: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let more = ranges.len() > MAX_RANGES;
    let mut words: Vec<String> = Vec::new();
    for (first, last) in ranges.into_iter().take(MAX_RANGES) {
        match last - first {
            0 => words.push(first.to_string()),
            1 => words.extend([first.to_string(), last.to_string()]),
            _ => words.push(format!("{first} to {last}")),
        }
    }
    let word = if numbers.len() == 1 { "line" } else { "lines" };
    let total = count(numbers.len());
    match words.pop() {
        Some(last) if more => format!("{total} {word} ({}, {last}, …)", words.join(", ")),
        Some(last) if words.is_empty() => format!("{word} {last}"),
        Some(last) => format!("{word} {} and {last}", words.join(", ")),
        None => "no line".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(flaws: &[(u64, String)]) -> String {
        let flaws = flaws.iter().map(|(line, what)| Flaw {
            line: *line,
            what: what.clone(),
        });
        Flaws {
            file: "f.csv".to_owned(),
            flaws: flaws.collect(),
        }
        .to_string()
    }

    #[test]
    fn line_numbers_are_listed_as_ranges() {
        let check = |numbers: &[u64], expected: &str| assert_eq!(lines(numbers), expected);
        check(&[2], "line 2");
        check(&[2, 3], "lines 2 and 3");
        check(&[2, 3, 5, 6, 7, 9], "lines 2, 3, 5 to 7 and 9");
        check(&(2..=401).collect::<Vec<_>>(), "lines 2 to 401");
        let every_other: Vec<u64> = (1..=2_000).map(|number| number * 2).collect();
        check(&every_other, "2,000 lines (2, 4, 6, 8, 10, 12, …)");
    }

    #[test]
    fn the_same_fault_on_many_lines_is_listed_once() {
        let bad = |line: u64| (line, format!("amount \"{line}.125\" has 3 decimals, USD has 2"));
        let mut flaws: Vec<_> = (2..=401).map(bad).collect();
        flaws.insert(1, (3, "from is empty".to_owned()));
        let expected = "\
f.csv has 401 bad lines; nothing was sent:
  lines 2 to 401, such as line 2: amount \"2.125\" has 3 decimals, USD has 2
  line 3: from is empty";
        assert_eq!(text_of(&flaws), expected);
        assert_eq!(
            text_of(&[bad(7)]),
            "f.csv has 1 bad line; nothing was sent:\n  line 7: amount \"7.125\" has 3 decimals, USD has 2"
        );
    }

    #[test]
    fn faults_are_grouped_whatever_values_they_quote() {
        let same = |one: &str, other: &str| without_values(one) == without_values(other);
        assert!(same("value \"a\\\"b\" is 7 long", "value \"\" is 12 long"));
        assert!(!same("from is empty", "to is empty"));
    }

    #[test]
    fn a_long_list_of_faults_is_cut_and_counted() {
        let letters = ('a'..='y')
            .zip(1..)
            .map(|(letter, line)| (line, format!("bad {letter}")));
        let text = text_of(&letters.collect::<Vec<_>>());
        assert!(
            text.starts_with("f.csv has 25 bad lines; nothing was sent:\n  line 1: bad a\n"),
            "{text}"
        );
        assert!(
            text.ends_with("  line 20: bad t\n  … and 5 more faults"),
            "{text}"
        );
    }
}
