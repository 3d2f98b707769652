use serde_json::json;
use wallet_client::outcome::Word;
use wallet_terminal::output::Paint;

use super::*;
use crate::file::Format;
use crate::file::end::Ended;
use crate::file::rows::parse;

fn ended(word: Word, reason: Option<&str>, earlier: bool) -> End {
    End::Ended(Ended {
        word,
        reason: reason.map(str::to_owned),
        detail: reason.map(|_| "the detail".to_owned()),
        at: "2026-01-31T12:00:00.5Z".parse().unwrap(),
        earlier,
    })
}

fn settled(earlier: bool) -> End {
    ended(Word::Settled, None, earlier)
}

fn report(ends: Vec<End>) -> Report {
    let rows = "from,to,amount,currency\n".to_owned() + &"alice,bob,12.50,USD\n".repeat(ends.len());
    let rows = parse(rows.as_bytes(), Format::Csv, "").unwrap().rows;
    Report {
        file: "f.csv".to_owned(),
        ends: rows.into_iter().zip(ends).collect(),
        elapsed: Duration::from_secs(2),
    }
}

/// The report's text, with a short name for each id.
fn text(report: &Report) -> String {
    let mut text = report.text(Paint::Plain);
    for (row, _) in &report.ends {
        text = text.replace(&row.request.id.to_string(), &format!("ID{}", row.line));
    }
    let narrow = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    narrow.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_report_counts_and_lists() {
    let mut report = report(vec![
        settled(true),
        ended(Word::Refused, Some("insufficient_funds"), true),
        ended(Word::Refused, Some("account_frozen"), false),
        settled(false),
        End::NotStarted,
    ]);
    report.ends[3].0.again_on = vec![7];
    let expected = "\
f.csv: 5 transfers in 2.00 s

outcome transfers why
not started 1
refused 1 account_frozen 1
refused earlier 1 insufficient_funds 1
settled 1
settled earlier 1

lines 2 and 3 had ended before this run, the last at 2026-01-31 12:00:00 UTC: nothing moved twice

lines 5 and 7 have the same id ID5 and describe the same payment: it is made once

not settled:
line transfer amount id outcome why
3 alice → bob 12.50 USD ID3 refused earlier at 2026-01-31 12:00:00 UTC: insufficient_funds: the detail
4 alice → bob 12.50 USD ID4 refused account_frozen: the detail
6 alice → bob 12.50 USD ID6 not started an earlier transfer on its accounts had not ended

--retry-refused sends the refused and compensated ones again, and no others";
    assert_eq!(text(&report), expected);
    let json = report.json();
    let counts =
        ["settled", "refused", "not_started", "paid_now", "earlier"].map(|name| json[name].as_u64().unwrap());
    assert_eq!(counts, [2, 2, 1, 1, 2]);
    assert_eq!(
        json["reasons"],
        json!({ "account_frozen": 1, "insufficient_funds": 1 })
    );
    assert_eq!(json["earlier_lines"], json!([2, 3]));
    assert_eq!(json["named_again"][0]["lines"], json!([5, 7]));
    let first = &json["not_settled"][0];
    assert_eq!(
        (&first["line"], &first["outcome"], &first["earlier"]),
        (&json!(3), &json!("refused"), &json!("2026-01-31T12:00:00.5Z"))
    );
    assert_eq!(json["not_settled"][1]["earlier"], json!(null));
}

#[test]
fn a_run_that_paid_nothing_is_reported_as_such() {
    let report = report(vec![settled(true), settled(true)]);
    let expected = "\
f.csv: 2 transfers in 2.00 s

outcome transfers why
settled earlier 2

nothing was paid in this run: all of them had ended before, the last at 2026-01-31 12:00:00 UTC. If these are new payments, name their batch: --batch NAME";
    assert_eq!(text(&report), expected);
    assert_eq!((report.exit(), report.exit().code()), (Exit::Nothing, 5));
    assert_eq!(report.json()["paid_now"], json!(0));
}

#[test]
fn the_exit_code_is_that_of_the_worst_outcome() {
    let check = |ends: Vec<End>, expected: Exit| assert_eq!(report(ends).exit(), expected);
    let refused = |earlier| ended(Word::Refused, Some("account_frozen"), earlier);
    check(vec![settled(false)], Exit::Ok);
    check(vec![settled(true), settled(false)], Exit::Ok);
    check(
        vec![
            settled(false),
            ended(Word::Compensated, Some("account_frozen"), false),
        ],
        Exit::Refused,
    );
    check(vec![settled(true), refused(true)], Exit::Refused);
    check(
        vec![refused(false), End::NoOutcome, End::NotStarted],
        Exit::Timeout,
    );
    check(
        vec![End::NotSent("denied".to_owned()), End::NotStarted],
        Exit::Failed,
    );
}
