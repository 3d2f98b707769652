//! What came of a file.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::exit::Exit;
use crate::file::Row;
use crate::outcome::{Outcome, Word};
use crate::output::{Paint, Side, Table, clean, count, span};

/// How many transfers that are not settled are listed for people; programs get all.
const MAX_LISTED: usize = 50;

/// What came of one transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// It ended. `earlier` if that was before this run, so that nothing moved now.
    Told {
        /// How.
        outcome: Box<Outcome>,
        /// Before this run.
        earlier: bool,
    },
    /// No outcome in time.
    Silence,
    /// The server did not take it.
    NotSent(String),
    /// An earlier one on its accounts has not ended, or the run was stopped.
    NotStarted,
}

impl End {
    fn word(&self) -> &'static str {
        match self {
            Self::Told { outcome, .. } => outcome.outcome.as_str(),
            Self::Silence => "no outcome",
            Self::NotSent(_) => "not sent",
            Self::NotStarted => "not started",
        }
    }

    fn is_settled(&self) -> bool {
        matches!(self, Self::Told { outcome, .. } if outcome.outcome == Word::Settled)
    }

    /// Reason and detail.
    fn why(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Told { outcome, .. } => (outcome.reason.as_deref(), outcome.detail.as_deref()),
            Self::Silence => (None, Some("it may still end: play the file again to learn how")),
            Self::NotSent(error) => (None, Some(error)),
            Self::NotStarted => (None, Some("an earlier one on its accounts had not ended")),
        }
    }
}

/// What came of a file.
#[derive(Debug)]
pub struct Report {
    /// The file.
    pub file: String,
    /// Its transfers, each with its end.
    pub ends: Vec<(Row, End)>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Report {
    /// The exit code: what is not known weighs more than what was refused.
    pub fn exit(&self) -> Exit {
        let worst = self.ends.iter().map(|(_, end)| match end {
            End::Told { outcome, .. } if outcome.outcome.is_good() => Exit::Ok,
            End::Told { .. } => Exit::Refused,
            End::NotSent(_) => Exit::Failed,
            End::Silence => Exit::Timeout,
            // Something else was the cause.
            End::NotStarted => Exit::Ok,
        });
        worst.max().unwrap_or(Exit::Ok)
    }

    fn tally(&self) -> BTreeMap<&'static str, (usize, BTreeMap<&str, usize>)> {
        let mut tally: BTreeMap<&str, (usize, BTreeMap<&str, usize>)> = BTreeMap::new();
        for (_, end) in &self.ends {
            let (number, reasons) = tally.entry(end.word()).or_default();
            *number += 1;
            if let (Some(reason), _) = end.why() {
                *reasons.entry(reason).or_default() += 1;
            }
        }
        tally
    }

    fn earlier(&self) -> usize {
        self.ends
            .iter()
            .filter(|(_, end)| matches!(end, End::Told { earlier: true, .. }))
            .count()
    }

    fn not_settled(&self) -> impl Iterator<Item = &(Row, End)> {
        self.ends.iter().filter(|(_, end)| !end.is_settled())
    }

    /// The report for people.
    pub fn text(&self, paint: Paint) -> String {
        let (number, took) = (count(self.ends.len()), span(self.elapsed));
        let transfers = if self.ends.len() == 1 {
            "transfer"
        } else {
            "transfers"
        };
        let mut text = paint.strong(&format!("{}: {number} {transfers} in {took}", clean(&self.file)));
        text.push_str("\n\n");
        let mut tally = Table::new(&[
            ("outcome", Side::Left),
            ("transfers", Side::Right),
            ("why", Side::Left),
        ]);
        for (word, (number, reasons)) in self.tally() {
            let reasons: Vec<String> = reasons
                .iter()
                .map(|(reason, number)| format!("{reason} {number}"))
                .collect();
            tally.row([word, &count(number), &reasons.join(", ")]);
        }
        text.push_str(&tally.draw(paint));
        let earlier = self.earlier();
        if earlier > 0 {
            text.push('\n');
            text.push_str(&count(earlier));
            text.push_str(" of them had ended before this run: nothing moved twice\n");
        }
        if self.not_settled().next().is_some() {
            text.push_str("\nnot settled:\n");
            text.push_str(&self.list().draw(paint));
            let more = self.not_settled().count().saturating_sub(MAX_LISTED);
            if more > 0 {
                text = format!("{text}… and {} more; --json lists all\n", count(more));
            }
        }
        text
    }

    fn list(&self) -> Table {
        let mut list = Table::new(&[
            ("line", Side::Right),
            ("transfer", Side::Left),
            ("amount", Side::Right),
            ("id", Side::Left),
            ("outcome", Side::Left),
            ("why", Side::Left),
        ]);
        for (row, end) in self.not_settled().take(MAX_LISTED) {
            let (line, id, (from, to, money)) = (row.line.to_string(), row.request.id.to_string(), what(row));
            let (reason, detail) = end.why();
            let why: Vec<&str> = reason.into_iter().chain(detail).collect();
            list.row([
                &line,
                &format!("{from} → {to}"),
                &money,
                &id,
                end.word(),
                &why.join(": "),
            ]);
        }
        list
    }

    /// The report for programs.
    pub fn json(&self) -> Value {
        let tally = self.tally();
        let number = |word: &str| tally.get(word).map_or(0, |(number, _)| *number);
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for (reason, number) in tally.values().flat_map(|(_, reasons)| reasons) {
            *reasons.entry(reason).or_default() += number;
        }
        let not_settled: Vec<Value> = self.not_settled().map(|(row, end)| {
            let ((from, to, money), (reason, detail)) = (what(row), end.why());
            let (amount, currency) = money.split_once(' ').unwrap_or((&money, ""));
            json!({
                "line": row.line, "id": row.request.id.to_string(), "from": from, "to": to, "amount": amount,
                "currency": currency, "outcome": end.word().replace(' ', "_"), "reason": reason, "detail": detail,
            })
        }).collect();
        json!({
            "file": self.file, "transfers": self.ends.len(), "seconds": self.elapsed.as_secs_f64(),
            "settled": number("settled"), "refused": number("refused"), "compensated": number("compensated"),
            "no_outcome": number("no outcome"), "not_sent": number("not sent"), "not_started": number("not started"),
            "reasons": reasons, "earlier": self.earlier(), "not_settled": not_settled,
        })
    }
}

fn what(row: &Row) -> (String, String, String) {
    let (to, money) = row
        .request
        .movement()
        .map_or_else(Default::default, |(to, money)| {
            (to.to_string(), money.to_string())
        });
    (row.request.account.to_string(), to, money)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Format;
    use crate::file::rows::parse;
    use crate::outcome;

    fn told(word: &str, reason: Option<&str>) -> End {
        let json = json!({
            "id": "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f", "account": "alice", "verb": "transfer", "outcome": word, "reason": reason,
            "detail": reason.map(|_| "the detail"), "trace": "", "time": "2026-01-31T12:00:00Z",
        });
        End::Told {
            outcome: Box::new(outcome::read(json.to_string().as_bytes()).unwrap()),
            earlier: word == "settled",
        }
    }

    fn report(ends: Vec<End>) -> Report {
        let rows = "from,to,amount,currency\n".to_owned() + &"alice,bob,12.50,USD\n".repeat(ends.len());
        let rows = parse(rows.as_bytes(), Format::Csv, "").unwrap();
        Report {
            file: "f.csv".to_owned(),
            ends: rows.into_iter().zip(ends).collect(),
            elapsed: Duration::from_secs(2),
        }
    }

    #[test]
    fn a_report_counts_and_lists() {
        let report = report(vec![
            told("settled", None),
            told("refused", Some("account_frozen")),
            End::NotStarted,
        ]);
        let expected = "\
f.csv: 3 transfers in 2.00 s

outcome      transfers  why
not started          1
refused              1  account_frozen 1
settled              1

1 of them had ended before this run: nothing moved twice

not settled:
line  transfer       amount  id                                    outcome      why
   3  alice → bob  12.50 USD  ID3  refused      account_frozen: the detail
   4  alice → bob  12.50 USD  ID4  not started  an earlier one on its accounts had not ended
";
        let id = |index: usize| report.ends[index].0.request.id.to_string();
        let text = report
            .text(Paint::Plain)
            .replace(&id(1), "ID3")
            .replace(&id(2), "ID4");
        let expected = expected.replace("transfer       amount", "transfer        amount");
        assert_eq!(text, expected);
        let json = report.json();
        assert_eq!(
            (
                &json["settled"],
                &json["not_started"],
                &json["reasons"]["account_frozen"]
            ),
            (&json!(1), &json!(1), &json!(1))
        );
        assert_eq!(
            (
                &json["not_settled"][0]["line"],
                &json["not_settled"][0]["outcome"]
            ),
            (&json!(3), &json!("refused"))
        );
    }

    #[test]
    fn the_exit_code_is_the_worst_that_happened() {
        let check = |ends: Vec<End>, expected: Exit| assert_eq!(report(ends).exit(), expected);
        check(vec![told("settled", None)], Exit::Ok);
        check(
            vec![told("settled", None), told("compensated", Some("account_frozen"))],
            Exit::Refused,
        );
        check(
            vec![
                told("refused", Some("account_frozen")),
                End::Silence,
                End::NotStarted,
            ],
            Exit::Timeout,
        );
        check(
            vec![End::NotSent("denied".to_owned()), End::NotStarted],
            Exit::Failed,
        );
    }
}
