//! The results of a file.

mod json;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use wallet_terminal::exit::Exit;

use super::end::End;
use super::rows::Row;

/// The results of a file.
#[derive(Debug)]
pub struct Report {
    /// The file.
    pub file: String,
    /// Its payments with their results; the request is the last attempt's.
    pub ends: Vec<(Row, End)>,
    /// How long it took.
    pub elapsed: Duration,
}

/// A count, in all and by reason.
#[derive(Default)]
struct Tally<'r> {
    number: usize,
    reasons: BTreeMap<&'r str, usize>,
}

impl Report {
    /// The exit code: an unknown outcome weighs more than a refusal. If all succeeded, but before this run, a script must not
    /// take that for payments made now.
    pub fn exit(&self) -> Exit {
        let worst = self.ends.iter().map(|(_, end)| match end {
            End::Ended(ended) if ended.word.is_good() => Exit::Ok,
            End::Ended(_) => Exit::Refused,
            End::NotSent(_) => Exit::Failed,
            End::NoOutcome => Exit::Timeout,
            // Another payment was the cause.
            End::NotStarted => Exit::Ok,
        });
        match worst.max() {
            Some(Exit::Ok) if self.is_all_earlier() => Exit::Nothing,
            worst => worst.unwrap_or(Exit::Ok),
        }
    }

    /// The counts by outcome, and by whether it came about before this run.
    fn tally(&self) -> BTreeMap<(&'static str, bool), Tally<'_>> {
        let mut tallies: BTreeMap<_, Tally<'_>> = BTreeMap::new();
        for (_, end) in &self.ends {
            let tally = tallies.entry((end.word(), end.earlier().is_some())).or_default();
            tally.number += 1;
            if let (Some(reason), _) = end.why() {
                *tally.reasons.entry(reason).or_default() += 1;
            }
        }
        tallies
    }

    /// The lines of payments that ended before this run.
    fn earlier(&self) -> Vec<u64> {
        let earlier = self.ends.iter().filter(|(_, end)| end.earlier().is_some());
        earlier.map(|(row, _)| row.line).collect()
    }

    /// When the last of these ended.
    fn last_earlier(&self) -> Option<Timestamp> {
        self.ends.iter().filter_map(|(_, end)| end.earlier()).max()
    }

    fn is_all_earlier(&self) -> bool {
        self.ends.iter().all(|(_, end)| end.earlier().is_some())
    }

    fn paid_now(&self) -> usize {
        let now = |(_, end): &&(Row, End)| end.is_settled() && end.earlier().is_none();
        self.ends.iter().filter(now).count()
    }

    fn not_settled(&self) -> impl Iterator<Item = &(Row, End)> {
        self.ends.iter().filter(|(_, end)| !end.is_settled())
    }

    /// The payments that occur in the file more than once.
    fn named_again(&self) -> impl Iterator<Item = &Row> {
        self.ends
            .iter()
            .map(|(row, _)| row)
            .filter(|row| !row.again_on.is_empty())
    }
}

/// All lines with a payment.
fn all_lines(row: &Row) -> Vec<u64> {
    [&[row.line], &*row.again_on].concat()
}
