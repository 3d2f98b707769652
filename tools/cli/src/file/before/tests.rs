//! Which payments are sent, for everything that the ledger may know of them.

use serde_json::json;

use super::*;
use crate::file::rows::parse;
use crate::file::written::Format;

const JUNE: &str = "from,to,amount,currency\nalice,bob,1.00,USD\nalice,carol,2.00,USD\nalice,dave,3.00,USD\n";
const JULY: &str = "from,to,amount,currency\nalice,carol,2.00,USD\nalice,erin,4.00,USD\n";
const ID: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";

fn file(text: &str) -> Payments {
    parse(text.as_bytes(), Format::Csv, "").unwrap()
}

/// An attempt at a row as the ledger returns it, sent by the file `of`.
fn flow(row: &Row, number: u32, status: &str, of: &Payments) -> Transfer {
    let Content {
        from,
        to,
        amount,
        currency,
        ..
    } = &row.content;
    let id = attempt(row.request.id, from, number);
    let ended = (status != "running").then_some("2026-06-30T08:00:01Z");
    let flow = json!({
        "transfer": id.0, "payer": from.as_str(), "payee": to, "amount": amount, "currency": currency, "memo": null,
        "status": status, "verb": "transfer", "reason": null, "detail": null,
        "trace": of.name.trace(row.request.id).to_string(), "started_at": "2026-06-30T08:00:00Z", "ended_at": ended,
    });
    serde_json::from_value(flow).unwrap()
}

/// What is known of each row: the statuses of its attempts.
fn known(of: &Payments, by: &Payments, words: &[&[&str]]) -> Known {
    let attempts = |(row, words): (&Row, &&[&str])| {
        let numbered = words.iter().zip(0..);
        numbered
            .map(|(word, number)| flow(row, number, word, by))
            .collect()
    };
    of.rows.iter().zip(words).map(attempts).collect()
}

/// For each row, which attempt is sent, or the status of the one that has ended.
fn decided(payments: &Payments, known: &Known, choice: Choice) -> Result<Vec<String>, Stop> {
    let steps = decide(payments, known, choice)?;
    let ended = |(row, step): (&Row, Step)| {
        let number = |request: &Request| {
            let is_it = |number: &u32| attempt(row.request.id, &row.content.from, *number) == request.id;
            (0..9).find(is_it).unwrap()
        };
        match step {
            Step::Send(request) => {
                assert!(request.body.contains(&request.id.to_string()), "{}", request.body);
                assert_eq!(request.trace, row.request.trace);
                format!("send {}", number(&request))
            }
            Step::Ended(request, ended) => format!("{} {}", ended.word, number(&request)),
        }
    };
    Ok(payments.rows.iter().zip(steps).map(ended).collect())
}

fn check(payments: &Payments, by: &Payments, words: &[&[&str]], choice: Choice, expected: &[&str]) {
    let decided = decided(payments, &known(payments, by, words), choice);
    assert_eq!(decided.unwrap(), expected, "{words:?}, {choice:?}");
}

const PLAIN: Choice = Choice {
    skip_paid: false,
    retry_refused: false,
};
const SKIP: Choice = Choice {
    skip_paid: true,
    ..PLAIN
};
const RETRY: Choice = Choice {
    retry_refused: true,
    ..PLAIN
};

#[test]
fn only_rows_that_have_not_ended_are_sent() {
    let june = file(JUNE);
    check(
        &june,
        &june,
        &[&[], &[], &[]],
        PLAIN,
        &["send 0", "send 0", "send 0"],
    );
    check(
        &june,
        &june,
        &[&["settled"], &["running"], &[]],
        PLAIN,
        &["settled 0", "send 0", "send 0"],
    );
    check(
        &june,
        &june,
        &[&["settled"], &["refused"], &["compensated"]],
        PLAIN,
        &["settled 0", "refused 0", "compensated 0"],
    );
}

#[test]
fn a_part_of_a_file_pays_no_row_twice() {
    let (june, july) = (file(JUNE), file(JULY));
    let [bob, carol, dave] = &june.rows[..] else {
        panic!("three rows")
    };
    let rows: Vec<&str> = JUNE.lines().collect();
    let shuffled = file(&[rows[0], rows[3], rows[1], "", rows[2]].join("\n"));
    check(
        &shuffled,
        &june,
        &[&["settled"], &[], &["settled"]],
        PLAIN,
        &["settled 0", "send 0", "settled 0"],
    );
    assert_eq!(shuffled.rows[0].request.id, dave.request.id);
    let last_two = file(&[rows[0], rows[2], rows[3]].join("\n"));
    check(
        &last_two,
        &june,
        &[&["settled"], &["settled"]],
        PLAIN,
        &["settled 0", "settled 0"],
    );
    check(
        &june,
        &july,
        &[&["settled"], &["settled"], &["settled"]],
        PLAIN,
        &["settled 0", "settled 0", "settled 0"],
    );
    assert_ne!(bob.request.id, carol.request.id);
}

#[test]
fn a_file_with_old_and_new_rows_needs_a_decision() {
    let (june, july) = (file(JUNE), file(JULY));
    let words: [&[&str]; 2] = [&["settled"], &[]];
    let Err(Stop::Ask(question)) = decide(&july, &known(&july, &june, &words), PLAIN) else {
        panic!("no decision question for")
    };
    let expected = "nothing was sent: another file has already sent the payments on line 2, first at 2026-06-30 08:00:00 UTC, and line 3 \
                    would be new.\n  If all 2 are new payments, name their batch: --batch NAME (one that was not used before)\n  If only \
                    line 3 should be paid: --skip-paid";
    assert_eq!(question, expected);
    check(&july, &june, &words, SKIP, &["settled 0", "send 0"]);
    check(&july, &july, &words, PLAIN, &["settled 0", "send 0"]);
    for old in ["refused", "running"] {
        let known = known(&july, &june, &[&[old], &[]]);
        assert!(matches!(decide(&july, &known, PLAIN), Err(Stop::Ask(_))), "{old}");
    }
}

#[test]
fn a_row_with_an_id_needs_no_decision() {
    let june = file(JUNE);
    let named = file(&format!(
        "id,from,to,amount,currency\n{ID},alice,carol,2.00,USD\n,alice,erin,4.00,USD\n"
    ));
    check(
        &named,
        &june,
        &[&["settled"], &[]],
        PLAIN,
        &["settled 0", "send 0"],
    );
    let (of, words): (_, [&[&str]; 2]) = (&named, [&[], &["settled"]]);
    assert!(
        matches!(decide(of, &known(of, &june, &words), PLAIN), Err(Stop::Ask(_))),
        "its other row does not"
    );
}

#[test]
fn a_refused_row_is_retried_once_under_the_next_id() {
    let june = file(JUNE);
    let ended: [&[&str]; 3] = [&["settled"], &["refused"], &["compensated", "refused"]];
    check(&june, &june, &ended, RETRY, &["settled 0", "send 1", "send 2"]);
    check(
        &june,
        &june,
        &ended,
        PLAIN,
        &["settled 0", "refused 0", "refused 1"],
    );
    let retried: [&[&str]; 3] = [
        &["settled"],
        &["refused", "settled"],
        &["compensated", "refused", "running"],
    ];
    for choice in [RETRY, PLAIN] {
        check(
            &june,
            &june,
            &retried,
            choice,
            &["settled 0", "settled 1", "send 2"],
        );
    }
    let Err(Stop::Ask(question)) = decide(
        &june,
        &known(&june, &june, &[&["settled"], &["refused"], &[]]),
        RETRY,
    ) else {
        panic!("a row that was never sent is not retried")
    };
    assert!(
        question.starts_with("nothing was sent: line 4 was never sent"),
        "{question}"
    );
}

#[test]
fn an_id_of_another_request_is_an_error() {
    let named = file(&format!(
        "id,from,to,amount,currency\n{ID},alice,carol,2.00,USD\n"
    ));
    let error = |change: fn(&mut Transfer)| {
        let mut flow = flow(&named.rows[0], 0, "settled", &named);
        change(&mut flow);
        match decide(&named, &vec![vec![flow]], RETRY) {
            Err(Stop::Flaws(flaws)) => flaws[0].what.clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        error(|flow| flow.amount = Some("5.00".to_owned())),
        format!(
            "id {ID} was used for another payment, which is settled: amount is \"2.00\" here and \"5.00\" there"
        )
    );
    assert_eq!(
        error(|flow| flow.verb = "reserve".to_owned()),
        format!("id {ID} was used for a reserve request, which is settled")
    );
    assert_eq!(
        error(|flow| flow.payee = None),
        format!("id {ID} was used for a transfer request, which is settled")
    );
}
