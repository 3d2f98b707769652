//! Shared by the tests of pages.

use serde_json::{Value, json};
use wallet_view::flow::Flow;

/// A transfer.
pub(super) const ID: &str = "0199aaaa-0000-7000-8000-000000000001";
/// Another one.
pub(super) const OTHER: &str = "0199aaaa-0000-7000-8000-000000000002";

/// alice paid bob; `more` adds or replaces fields.
pub(super) fn flow(more: &Value) -> Flow {
    let mut flow = json!({
        "transfer": ID, "payer": "alice", "payee": "bob", "amount": "12.50", "currency": "USD", "memo": null,
        "status": "settled", "verb": "transfer", "reason": null, "detail": null,
        "trace": "0199aaaa00007000800000000000000f", "started_at": "2026-01-31T12:00:00.000000Z",
        "ended_at": "2026-01-31T12:00:00.010000Z",
    });
    for (name, value) in more.as_object().unwrap() {
        flow[name] = value.clone();
    }
    serde_json::from_value(flow).unwrap()
}

/// A part of a page as lines, for a snapshot: each element that follows a tag begins a line.
pub(super) fn lines(markup: maud::Markup) -> String {
    markup.into_string().replace("><", ">\n<").replace(">\n</", "></")
}

/// Each cell of a table agrees with its heading: as a card it is labelled with the same words, and numbers are right-aligned in
/// both.
pub(super) fn columns_agree(page: &str) {
    let headings = cells(page, "<th", "</th>");
    let rows = page.split("<tr").filter(|row| row.contains("<td"));
    for row in rows {
        let row = cells(row, "<td", "</td>");
        assert_eq!(row.len(), headings.len(), "{page}");
        for ((cell, _), (heading, words)) in row.iter().zip(&headings) {
            assert!(
                cell.contains(&format!("data-label=\"{words}\"")),
                "{cell:?} below {words:?}"
            );
            let is_number = |tag: &str| tag.contains("class=\"num");
            assert_eq!(is_number(cell), is_number(heading), "{words}");
        }
    }
}

/// Each cell's tag and content.
fn cells<'p>(text: &'p str, begin: &str, end: &str) -> Vec<(&'p str, &'p str)> {
    let parts = text.split(begin).skip(1);
    let own = parts.filter(|part| part.starts_with([' ', '>']));
    own.filter_map(|part| part.split(end).next()?.split_once('>'))
        .collect()
}
