//! Common to many pages: links, ids, states, amounts, times.

use jiff::Timestamp;
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wallet_contract::money::Currency;
use wallet_runtime::place::Root;
use wallet_view::flow::Flow;
use wallet_view::text::exact;

/// Characters that need no escape in a path segment or a query value.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'@');

/// A text as a path segment or a query value.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The URL of a path such as `/accounts`, with the query fields that are filled in.
pub(crate) fn url(root: Root, path: &str, fields: &[(&str, &str)]) -> String {
    let filled_in = fields.iter().filter(|(_, text)| !text.is_empty());
    let fields: Vec<String> = filled_in
        .map(|(name, text)| format!("{name}={}", escaped(text)))
        .collect();
    let address = root.to(path);
    if fields.is_empty() {
        address
    } else {
        format!("{address}?{}", fields.join("&"))
    }
}

/// The URL of a flow's page. It includes the payer, since two payers may use the same id.
pub(crate) fn flow_url(root: Root, transfer: &str, payer: &str) -> String {
    url(
        root,
        &format!("/flows/{}", escaped(transfer)),
        &[("payer", payer)],
    )
}

/// The URL of an account's page.
pub(crate) fn account_url(root: Root, name: &str) -> String {
    root.to(&account_path(name))
}

/// The path of that page, for adding a query.
pub(crate) fn account_path(name: &str) -> String {
    format!("/accounts/{}", escaped(name))
}

/// An account's name, as a link to its page.
pub(crate) fn account(root: Root, name: &str) -> Markup {
    html! { a.quiet.long href=(account_url(root, name)) { (name) } }
}

/// A whole id with a button that copies it.
pub(crate) fn id(text: &str) -> Markup {
    html! { span.id.whole { (text) } " " (copy(text)) }
}

/// A button that copies a text. It is hidden if the script does not run.
pub(crate) fn copy(text: &str) -> Markup {
    html! { button.copy.needs-script type="button" data-copy=(text) title={ "Copy " (text) } aria-label={ "Copy " (text) } { svg viewBox="0 0 16 16" aria-hidden="true" { path d="M5.5 5.5V2.5h8v8h-3M2.5 5.5h8v8h-8z" {} } } }
}

/// The two ends of an id; the last digits differ most.
pub(crate) fn short(id: &str) -> String {
    match (id.get(..8), id.get(id.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if id.len() > 14 => format!("{first}…{last}"),
        _ => id.to_owned(),
    }
}

/// A status: a sign, a word, a colour. The words are those of the ledger, including `stuck` and `parked`.
pub(crate) fn status(word: &str) -> Markup {
    html! { span class={ "status " (word) } { (word) } }
}

/// An amount as in the books, with thin spaces between thousands, and its currency.
pub(crate) fn money(amount: &str, currency: &str) -> Markup {
    html! { (grouped(amount)) " " small { (currency) } }
}

/// The amount of a flow; for a partly captured reservation `5.00 of 20.00`.
pub(crate) fn amount(flow: &Flow, currency: &str) -> Markup {
    html! {
        @if let Some(amount) = &flow.amount {
            @if let Some(captured) = flow.part() { (grouped(captured)) " " small { "of" } " " }
            (money(amount, currency))
        }
    }
}

/// `1234567.50` as `1 234 567.50`, with a real minus.
pub(crate) fn grouped(amount: &str) -> String {
    let (sign, digits) = match amount.split_at_checked(1) {
        Some(("-", digits)) => ("−", digits),
        Some(("+", digits)) => ("+", digits),
        Some(_) | None => ("", amount),
    };
    let (whole, rest) = digits
        .split_once('.')
        .map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = String::from(sign);
    for (at, digit) in whole.char_indices() {
        // A word, such as `unlimited`, stays as it is.
        if at > 0 && digit.is_ascii_digit() && (whole.len() - at) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if let Some(rest) = rest {
        text.push('.');
        text.push_str(rest);
    }
    text
}

/// A sentence with its amounts as [`grouped`] writes them: the numbers before a currency code, also in `5.00 of 20.00 USD`.
pub(crate) fn sentence(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut shown: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    let is_number = |word: &str| {
        let digits = word.trim_start_matches(['-', '+', '(']);
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
    };
    // From the end, since the word after a number decides whether it is an amount.
    let mut is_amount = vec![false; words.len() + 2];
    for at in (0..words.len()).rev() {
        let behind = words.get(at + 1).copied().unwrap_or_default();
        let goes_on = matches!(behind, "of" | "and") && is_amount[at + 2];
        is_amount[at] = is_number(words[at]) && (begins_with_code(behind) || goes_on);
        if is_amount[at] {
            let digits = words[at].trim_start_matches('(');
            let open = &words[at][..words[at].len() - digits.len()];
            shown[at] = format!("{open}{}", grouped(digits));
        }
    }
    shown.join(" ")
}

/// Whether a word is a currency code, perhaps followed by punctuation.
fn begins_with_code(word: &str) -> bool {
    let code = word.trim_end_matches(|c: char| c.is_ascii_punctuation());
    code.parse::<Currency>().is_ok()
}

/// A time from the log in RFC 3339, to the millisecond; hovering shows all of it.
pub(crate) fn time(rfc3339: &str) -> Markup {
    html! { time datetime=(rfc3339) title=(rfc3339) { (to_the_millisecond(rfc3339)) } }
}

/// The same for an instant.
pub(crate) fn at(at: Timestamp) -> Markup {
    time(&exact(at))
}

pub(crate) fn to_the_millisecond(rfc3339: &str) -> String {
    let (date, clock) = rfc3339.split_once('T').unwrap_or((rfc3339, ""));
    let clock = clock.trim_end_matches('Z');
    let (seconds, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    format!("{date} {seconds}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_by_thousands() {
        let check = |amount: &str, shown: &str| assert_eq!(grouped(amount), shown.replace(' ', "\u{202f}"));
        check("0.00", "0.00");
        check("999.50", "999.50");
        check("unlimited", "unlimited");
        check("1000.00", "1 000.00");
        check("-1234567", "−1 234 567");
        check("+1234.50", "+1 234.50");
        check("", "");
        check("92233720368547758.07", "92 233 720 368 547 758.07");
    }

    #[test]
    fn amounts_in_a_sentence_are_grouped_too() {
        let check = |text: &str, shown: &str| assert_eq!(sentence(text), shown.replace('~', "\u{202f}"));
        check(
            "alice paid 5000.00 USD to bob; settled in 1000 ms",
            "alice paid 5~000.00 USD to bob; settled in 1000 ms",
        );
        check(
            "alice has 1234568943.37 USD, and needs 9999999999 KRW.",
            "alice has 1~234~568~943.37 USD, and needs 9~999~999~999 KRW.",
        );
        check(
            "1500.00 of 2000.00 USD reserved for 1000",
            "1~500.00 of 2~000.00 USD reserved for 1000",
        );
        check(
            "bob gave back 1000.00 and 2000.00 USD of it later.",
            "bob gave back 1~000.00 and 2~000.00 USD of it later.",
        );
        check("(1000.00 USD), -1000.00 USD", "(1~000.00 USD), −1~000.00 USD");
        check(
            "credit-svc has parked message 1234 of WALLET_0",
            "credit-svc has parked message 1234 of WALLET_0",
        );
        check(
            "two  spaces stay, 2026-01-31 12:00:00 UTC too",
            "two  spaces stay, 2026-01-31 12:00:00 UTC too",
        );
    }

    #[test]
    fn times_are_short_and_exact_enough() {
        let check = |time: &str, shown: &str| assert_eq!(to_the_millisecond(time), shown);
        check("2026-11-23T10:16:54.245897Z", "2026-11-23 10:16:54.245");
        check("2026-11-23T10:16:54Z", "2026-11-23 10:16:54.000");
    }

    #[test]
    fn user_text_is_escaped_in_html_and_in_urls() {
        let evil = "<script>alert(1)</script>";
        assert!(!id(evil).into_string().contains("<script"));
        assert!(!status("\"><script>").into_string().contains("<script"));
        assert_eq!(
            account_url(Root::BELOW, "a/../b?c#d"),
            "../accounts/a%2F..%2Fb%3Fc%23d"
        );
        assert_eq!(flow_url(Root::TOP, "x", "@fees"), "./flows/x?payer=@fees");
    }

    #[test]
    fn a_url_has_only_the_fields_that_are_filled_in() {
        let check = |fields: &[(&str, &str)], address: &str| {
            assert_eq!(url(Root::TOP, "/accounts", fields), address);
        };
        check(&[("q", ""), ("after", "")], "./accounts");
        check(&[("q", ""), ("after", "a&b")], "./accounts?after=a%26b");
    }

    #[test]
    fn a_shortened_id_keeps_its_ends() {
        assert_eq!(short("01a207e8-9ade-70ab-b9cd-d22697e901e3"), "01a207e8…01e3");
        assert_eq!(short("x"), "x");
        assert_eq!(short("aéééééééé"), "aéééééééé");
    }
}
