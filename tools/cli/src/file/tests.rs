//! Realistic files: their meaning, and the errors for invalid ones.

use super::flaws::{Flaw, Flaws};
use super::rows::{Payments, parse};
use super::written::Format;

const ID: &str = "0190b1c4-7a2e-7c3d-9f00-5a3c1e8b2d4f";

fn read(text: &str, format: Format) -> Payments {
    parse(text.as_bytes(), format, "").unwrap_or_else(|flaws| panic!("{text:?}: {flaws:?}"))
}

fn ids(text: &str, format: Format) -> Vec<String> {
    read(text, format)
        .rows
        .iter()
        .map(|row| row.request.id.to_string())
        .collect()
}

fn bodies(text: &str, format: Format) -> Vec<(u64, String)> {
    read(text, format)
        .rows
        .into_iter()
        .map(|row| (row.line, row.request.body))
        .collect()
}

/// `line: from > to amount currency memo` of each row.
fn contents(text: &str) -> Vec<String> {
    let content = |row: super::Row| {
        let super::Content {
            from,
            to,
            amount,
            currency,
            memo,
        } = row.content;
        format!("{}: {from} > {to} {amount} {currency} {memo}", row.line)
            .trim_end()
            .to_owned()
    };
    read(text, Format::Csv).rows.into_iter().map(content).collect()
}

fn flaws(text: &str, format: Format) -> Vec<String> {
    let flaws = parse(text.as_bytes(), format, "").expect_err(text);
    flaws
        .into_iter()
        .map(|Flaw { line, what }| format!("{line}: {what}"))
        .collect()
}

#[test]
fn csv_and_jsonl_mean_the_same() {
    let csv = format!("to,from,currency,amount,memo,id\nbob,alice,USD,12.50,\"for \"\"lunch\"\"\",{ID}\n");
    let jsonl = format!(
        "\n{{\"from\":\"alice\",\"to\":\"bob\",\"amount\":\"12.5\",\"currency\":\"USD\",\"memo\":\"for \\\"lunch\\\"\",\"id\":\"{ID}\"}}\n"
    );
    let body = format!(
        "{{\"id\":\"{ID}\",\"to\":\"bob\",\"amount\":\"12.50\",\"currency\":\"USD\",\"memo\":\"for \\\"lunch\\\"\"}}"
    );
    assert_eq!(bodies(&csv, Format::Csv), [(2, body.clone())]);
    assert_eq!(bodies(&jsonl, Format::Jsonl), [(2, body)]);
}

#[test]
fn files_of_spreadsheets_and_banks_are_read() {
    let two = ["2: alice > bob 1.00 USD", "3: alice > bob 1.00 USD"];
    let mac = "from,to,amount,currency\ralice,bob,1.00,USD\ralice,bob,1.00,USD\r";
    assert_eq!(contents(mac), two);
    assert_eq!(contents(&mac.replace('\r', "\r\n")), two);
    let stray = "from,to,amount,currency\nalice,bob,1.00,USD\ralice,bob,1.00,USD\nalice,bob,2.00,USD\n";
    assert_eq!(contents(stray), [two[0], two[1], "4: alice > bob 2.00 USD"]);
    let check = |text: &str, expected: &[&str]| assert_eq!(contents(text), expected, "{text:?}");
    check(
        "\u{feff}From;To ;Amount;CURRENCY\nalice;bob;12,50;usd\nalice;bob;1.234,50;USD\n",
        &["2: alice > bob 12.50 USD", "3: alice > bob 1234.50 USD"],
    );
    check(
        "sep=;\r\nfrom;to;amount;currency\r\nalice;bob;12,50;USD\r\n",
        &["3: alice > bob 12.50 USD"],
    );
    check(
        "from\tto\tamount\tcurrency\nalice\tbob\t5\tUSD\n",
        &["2: alice > bob 5.00 USD"],
    );
    check(
        "from,to,amount,currency,,\nalice , bob, 12.5 ,USD,,\n,,,,,\n\"alice\",bob,\"1,234.50\",USD\n , ,\n\n",
        &["2: alice > bob 12.50 USD", "4: alice > bob 1234.50 USD"],
    );
    check(
        "from,to,amount,currency,memo\nalice,bob,1.00,USD,\"two\r\nlines, really\"\ncarol,bob,1.00,USD, rent \n",
        &[
            "2: alice > bob 1.00 USD two\nlines, really",
            "4: carol > bob 1.00 USD rent",
        ],
    );
    check(
        "from,to,amount,currency\nalice,bob,1.00,USD,,,\n",
        &["2: alice > bob 1.00 USD"],
    );
}

#[test]
fn a_row_has_the_same_id_in_any_position_and_format() {
    let june = "from,to,amount,currency,memo\nalice,bob,1.00,USD,\nalice,carol,12.50,USD,rent\nalice,bob,1.00,USD,\n";
    let [first, rent, second] = &ids(june, Format::Csv)[..] else {
        panic!("three rows")
    };
    assert_ne!(first, second, "two equal rows are two payments");
    let same = |text: &str, format: Format, expected: &[&String]| {
        let found = ids(text, format);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{text:?}");
    };
    same(&format!("\n{june}"), Format::Csv, &[first, rent, second]);
    same(
        "currency;memo;to;from;amount\nusd;;bob;alice;1\nUSD; rent;carol;alice;12,5\n",
        Format::Csv,
        &[first, rent],
    );
    same(
        "from,to,amount,currency,memo\nalice,carol,12.5,USD,rent\nalice,bob,1,USD,\nalice,bob,1.0,USD,\n",
        Format::Csv,
        &[rent, first, second],
    );
    same(
        "from,to,amount,currency\nalice,bob,1.00,USD\n",
        Format::Csv,
        &[first],
    );
    let jsonl = "{\"from\":\"alice\",\"to\":\"bob\",\"amount\":\"1\",\"currency\":\"USD\",\"memo\":\" \"}\n\
                 {\"memo\":\"rent\",\"from\":\"alice\",\"to\":\"carol\",\"amount\":\"12.50\",\"currency\":\"USD\"}\n";
    same(jsonl, Format::Jsonl, &[first, rent]);
    let two_lines = "from,to,amount,currency,memo\r\nalice,bob,1.00,USD,\"a\r\nb\"\r\n";
    let json_lines =
        "{\"from\":\"alice\",\"to\":\"bob\",\"amount\":\"1.00\",\"currency\":\"USD\",\"memo\":\"a\\r\\nb\"}";
    assert_eq!(ids(two_lines, Format::Csv), ids(json_lines, Format::Jsonl));
    assert_eq!(
        read(june, Format::Csv).name,
        read(&format!("\n\n{june}"), Format::Csv).name
    );
}

#[test]
fn a_batch_makes_new_payments_of_rows_without_id() {
    let file = format!("id,from,to,amount,currency\n{ID},alice,bob,1.00,USD\n,alice,bob,1.00,USD\n");
    let ids = |batch: &str| {
        let rows = parse(file.as_bytes(), Format::Csv, batch).unwrap().rows;
        rows.iter()
            .map(|row| row.request.id.to_string())
            .collect::<Vec<_>>()
    };
    let (june, july) = (ids(""), ids("2026-07"));
    assert_eq!([&*june[0], &*july[0]], [ID, ID]);
    assert_ne!(june[1], july[1]);
}

#[test]
fn respelled_amounts_are_noted_in_one_line() {
    let rows = "alice,bob,5,USD\n".repeat(400);
    let notes = read(&format!("from,to,amount,currency\n{rows}"), Format::Csv).notes;
    assert_eq!(
        notes,
        ["the amounts on lines 2 to 401 are read with zeros added, such as \"5\" as 5.00"]
    );
    let notes = read(
        "from;to;amount;currency\nalice;bob;1.234,5;USD\nalice;bob;1.00;USD\n",
        Format::Csv,
    )
    .notes;
    assert_eq!(
        notes,
        ["the amount on line 2 is read as plain numbers: \"1.234,5\" as 1234.50"]
    );
}

#[test]
fn every_bad_line_is_reported() {
    let file = format!(
        "id,from,to,amount,currency,memo\n\
         {ID},alice,bob,0.125,USD,\n\
         ,alice,bob,1.00,USD,fine\n\
         ,alice,alice,1.00,USD,\n\
         7,alice,bob,1.00,USD,\n\
         ,a.b,bob,1.00,USD,\n\
         ,,bob,1.00,USD,\n\
         ,alice,bob,1.00,USD\n\
         ,alice,bob,1.00,EURO,\n\
         ,alice,bob,12,50,USD\n\
         ,alice,bob,12,50,USD,\n\
         ,alice,bob,12,50,USD,rent\n\
         ,alice,bob,\"1,234\",USD,\n\
         ,alice,bob,-5.00,USD,\n\
         ,alice,bob,5.00,USD,rent,for June\n"
    );
    let expected = [
        "2: amount \"0.125\" has 3 decimals, USD has 2",
        "4: alice can't pay itself",
        "5: id \"7\" is not a UUID",
        "6: from: account name \"a.b\" has '.': use ASCII letters, digits, '-' and '_' (a leading '@' is for operators only)",
        "7: from is missing",
        "8: the row has 5 values, the header has 6 columns",
        "9: currency: unknown currency \"EURO\": use an ISO 4217 code in capitals, such as USD",
        "10: \"12,50\" is two values, because commas separate values: put it in quotes, or use a decimal point",
        "11: \"12,50\" is two values, because commas separate values: put it in quotes, or use a decimal point",
        "12: \"12,50\" is two values, because commas separate values: put it in quotes, or use a decimal point",
        "13: amount \"1,234\" can be read as 1234 and as 1.234: did you mean 1.23, 1.24 or 1234.00?",
        "14: amount \"-5.00\" is negative: an amount has no sign, since payer and payee determine the direction",
        "15: the row has 7 values, the header has 6 columns",
    ];
    assert_eq!(flaws(&file, Format::Csv), expected);
}

#[test]
fn a_misplaced_quote_rejects_the_file() {
    let header = "from,to,amount,currency,memo\n";
    let check =
        |rows: &str, expected: &[&str]| assert_eq!(flaws(&format!("{header}{rows}"), Format::Csv), expected);
    check(
        "alice,bob,1.00,USD,\"rent\nalice,carol,2.00,USD,gas\n",
        &["2: the quote opened on line 2 is never closed"],
    );
    check(
        "alice,bob,1.00,USD,\"rent\"x\nalice,carol,2.00,USD,gas\n",
        &["2: \"x\" follows the closing quote: double each quote within a value"],
    );
    check(
        "alice,bob,1.00,USD,\"rent\nalice,carol,2.00,USD,gas\"\n",
        &[
            "2: a quoted value spans several lines, and one of them looks like a transfer: check where the quote is closed",
        ],
    );
    check(
        "alice,bob,1.00,USD,\"rent\r\nalice,carol,2.00,USD,\"gas\"\r\n",
        &[
            "2: the quote opened on line 2 is closed on line 3, where \"gas\\\"\" follows: check where the quote is closed",
        ],
    );
}

#[test]
fn a_bad_header_is_reported() {
    let known = "a header line has id,from,to,amount,currency,memo";
    let check = |header: &str, expected: &str| {
        assert_eq!(
            flaws(&format!("{header}\n"), Format::Csv),
            [format!("1: {expected}")]
        );
    };
    check(
        "from,to,amount,curency",
        &format!("unknown column \"curency\": {known}"),
    );
    check(
        "alice,bob,1.00,USD",
        &format!("unknown column \"alice\": {known}"),
    );
    check(
        "from;to;amount",
        &format!("column \"currency\" is missing: {known} (id and memo may be left out)"),
    );
    check(
        "from,From ,to,amount,currency",
        &format!("column \"from\" appears twice: {known}"),
    );
    assert_eq!(
        flaws("from,to,amount,currency,\nalice,bob,1.00,USD,rent\n", Format::Csv),
        ["2: the value \"rent\" is in a column without a name"]
    );
}

#[test]
fn bad_json_is_reported() {
    let file = "{\"from\":\"alice\",\"to\":\"bob\",\"amount\":1.5,\"currency\":\"USD\"}\n\
                {\"from\":\"alice\",\"payee\":\"bob\"}\n\
                nonsense\n\
                {\"id\":null,\"from\":\"alice\",\"to\":\"bob\",\"amount\":\"1.50\",\"currency\":\"USD\"}\n\
                {\"from\":\"alice\",\"to\":\"bob\",\"to\":\"carol\"}\n\
                [\"\",\"alice\",\"bob\",\"1.00\",\"USD\",\"\"]\n\
                {\"from\":\"alice\",\n";
    let expected = [
        "1: amount is a number: write it as a string, such as \"12.50\"",
        "2: unknown field `payee`, expected one of `id`, `from`, `to`, `amount`, `currency`, `memo` (column 23)",
        "3: the line is not a JSON object such as {\"from\":\"alice\",…}",
        "4: id is null: leave it out, or write a string",
        "5: duplicate field `to` (column 31)",
        "6: the line is not a JSON object such as {\"from\":\"alice\",…}",
        "7: EOF while parsing a value (column 16)",
    ];
    assert_eq!(flaws(file, Format::Jsonl), expected);
}

#[test]
fn an_id_belongs_to_one_payment_of_a_payer() {
    let file = |rows: &[&str]| format!("id,from,to,amount,currency\n{}", rows.join("\n"));
    let one = format!("{ID},alice,bob,1.00,USD");
    let (again, other) = (
        format!("{{{}}},alice,bob,1,usd", ID.to_uppercase()),
        format!("{ID},alice,bob,2.00,USD"),
    );
    let anothers = format!("{ID},carol,bob,2.00,USD");
    let rows = read(&file(&[&one, &again, &anothers, &one]), Format::Csv).rows;
    let lines: Vec<_> = rows.iter().map(|row| (row.line, row.again_on.clone())).collect();
    assert_eq!(lines, [(2, vec![3, 5]), (4, vec![])]);
    let expected = format!(
        "3: id {ID} was used on line 2 for another payment of alice: amount is \"2.00\" here and \"1.00\" there"
    );
    assert_eq!(flaws(&file(&[&one, &other]), Format::Csv), [expected]);
}

#[test]
fn a_fault_on_many_lines_is_one_line() {
    let rows = "alice,bob,12,50,USD\n".repeat(400);
    let flaws = parse(
        format!("from,to,amount,currency\n{rows}").as_bytes(),
        Format::Csv,
        "",
    )
    .unwrap_err();
    let text = Flaws {
        file: "f.csv".to_owned(),
        flaws,
    }
    .to_string();
    let expected = "f.csv has 400 bad lines; nothing was sent:\n  lines 2 to 401, such as line 2: \"12,50\" is two values, \
                    because commas separate values: put it in quotes, or use a decimal point";
    assert_eq!(text, expected);
}
