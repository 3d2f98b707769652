//! The report for people.

use wallet_terminal::output::{Paint, Side, Table, clean, count, span, time};

use super::super::end::End;
use super::super::flaws::lines;
use super::{Report, all_lines};

/// How many unsettled or repeated payments are listed for people; programs get all.
const MAX_LISTED: usize = 50;

impl Report {
    /// The report for people.
    pub fn text(&self, paint: Paint) -> String {
        let (number, took) = (count(self.ends.len()), span(self.elapsed));
        let transfers = if self.ends.len() == 1 {
            "transfer"
        } else {
            "transfers"
        };
        let head = paint.strong(&format!("{}: {number} {transfers} in {took}", clean(&self.file)));
        let mut text = format!("{head}\n\n{}", self.tallies().draw(paint));
        for sentence in self.sentences(paint) {
            text.push('\n');
            text.push_str(&sentence);
            text.push('\n');
        }
        if self.not_settled().next().is_some() {
            text.push_str("\nnot settled:\n");
            text.push_str(&self.list().draw(paint));
            text.push_str(&cut(self.not_settled().count()));
        }
        if self.ends.iter().any(|(_, end)| end.is_refused()) {
            text.push_str("\n--retry-refused sends the refused and compensated ones again, and no others\n");
        }
        text
    }

    fn tallies(&self) -> Table {
        let mut table = Table::new(&[
            ("outcome", Side::Left),
            ("transfers", Side::Right),
            ("why", Side::Left),
        ]);
        for ((word, earlier), tally) in self.tally() {
            let reasons = tally
                .reasons
                .iter()
                .map(|(reason, number)| format!("{reason} {number}"));
            let reasons = reasons.collect::<Vec<_>>().join(", ");
            table.row([&*outcome_text(word, earlier), &count(tally.number), &reasons]);
        }
        table
    }

    fn sentences(&self, paint: Paint) -> Vec<String> {
        let mut sentences = Vec::new();
        if let Some(last) = self.last_earlier().filter(|_| self.is_all_earlier()) {
            let nothing = paint.warn("nothing was paid in this run");
            let batch = if self.ends.iter().all(|(row, _)| row.has_id) {
                ""
            } else {
                ". If these are new payments, name their batch: --batch NAME"
            };
            let last = time(last);
            sentences.push(format!(
                "{nothing}: all of them had ended before, the last at {last} UTC{batch}"
            ));
        } else if let Some(last) = self.last_earlier() {
            let (lines, last) = (lines(&self.earlier()), time(last));
            sentences.push(format!(
                "{lines} had ended before this run, the last at {last} UTC: nothing moved twice"
            ));
        }
        for row in self.named_again().take(MAX_LISTED) {
            let (lines, id) = (lines(&all_lines(row)), row.request.id);
            sentences.push(format!(
                "{lines} have the same id {id} and describe the same payment: it is made once"
            ));
        }
        sentences.extend(Some(cut(self.named_again().count())).filter(|more| !more.is_empty()));
        sentences
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
            let content = &row.content;
            list.row([
                &row.line.to_string(),
                &format!("{} → {}", content.from, content.to),
                &format!("{} {}", content.amount, content.currency),
                &row.request.id.to_string(),
                &outcome_text(end.word(), end.earlier().is_some()),
                &why(end),
            ]);
        }
        list
    }
}

fn outcome_text(word: &str, earlier: bool) -> String {
    if earlier {
        format!("{word} earlier")
    } else {
        word.to_owned()
    }
}

/// The reason. A detail of an earlier refusal may no longer be true, so it is prefixed with its time.
fn why(end: &End) -> String {
    let at = end.earlier().map(|at| format!("at {} UTC", time(at)));
    let (reason, detail) = end.why();
    let parts: Vec<&str> = at.as_deref().into_iter().chain(reason).chain(detail).collect();
    parts.join(": ")
}

fn cut(number: usize) -> String {
    match number.saturating_sub(MAX_LISTED) {
        0 => String::new(),
        more => format!("… and {} more; --json lists all\n", count(more)),
    }
}
