//! The report for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Report, all_lines};

impl Report {
    /// The report for programs.
    pub fn json(&self) -> Value {
        let tallies = self.tally();
        let number = |wanted: &str| -> usize {
            let of_word = tallies.iter().filter(|((word, _), _)| *word == wanted);
            of_word.map(|(_, tally)| tally.number).sum()
        };
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for (reason, number) in tallies.values().flat_map(|tally| &tally.reasons) {
            *reasons.entry(reason).or_default() += number;
        }
        let not_settled = self.not_settled().map(|(row, end)| {
            let ((reason, detail), content) = (end.why(), &row.content);
            json!({
                "line": row.line, "id": row.request.id.to_string(), "from": content.from.as_str(), "to": content.to,
                "amount": content.amount, "currency": content.currency, "outcome": end.word().replace(' ', "_"),
                "reason": reason, "detail": detail, "earlier": end.earlier().map(|at| at.to_string()),
            })
        });
        let named_again = self
            .named_again()
            .map(|row| json!({ "id": row.request.id.to_string(), "lines": all_lines(row) }));
        let earlier = self.earlier();
        json!({
            "file": self.file, "transfers": self.ends.len(), "seconds": self.elapsed.as_secs_f64(),
            "settled": number("settled"), "refused": number("refused"), "compensated": number("compensated"),
            "no_outcome": number("no outcome"), "not_sent": number("not sent"), "not_started": number("not started"),
            "reasons": reasons, "paid_now": self.paid_now(), "earlier": earlier.len(), "earlier_lines": earlier,
            "named_again": named_again.collect::<Vec<_>>(), "not_settled": not_settled.collect::<Vec<_>>(),
        })
    }
}
