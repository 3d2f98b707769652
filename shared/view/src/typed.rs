//! Amounts as people type them and spreadsheets export them.
//!
//! The wire accepts one spelling of an amount and no other. This module accepts every text that can be read in only one way.
//! Missing zeros are added, nothing is ever rounded, and an error suggests what may be meant.
//!
//! | typed | in USD | why |
//! |---|---|---|
//! | `5`, `12.5`, `007.50` | 5.00, 12.50, 7.50 | zeros change no value |
//! | `12,50` | 12.50 | a comma before two digits does not separate thousands |
//! | `1,234.50`, `1.234,50`, `1 234,50`, `1'234.50` | 1234.50 | the last separator is the decimal one |
//! | `1,234,567` | 1234567.00 | a separator that occurs twice separates thousands |
//! | `1,234`, `1.234` | rejected | one thousand or one point two; in BHD `1.234` is the wire's spelling and is accepted |
//! | `12.345`, `12.500` | rejected | more decimals than the currency has |

use std::fmt;

use wallet_contract::money::{BadAmount, Currency};

/// Thousands separators besides point and comma: spaces of all widths, and the Swiss apostrophes.
const GROUPING: [char; 6] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '’'];
/// Symbols around an amount that carry no information.
const AROUND: [char; 6] = ['$', '€', '£', '¥', '₩', '+'];
/// Marks of a negative amount: signs, and accountants' brackets.
const BELOW_ZERO: [char; 3] = ['-', '−', '('];

/// Why a text is not an amount of a currency, and what may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTyped {
    what: String,
    meant: Option<String>,
}

/// Parses an amount into minor units; zero is valid.
pub fn minor(text: &str, currency: Currency) -> Result<i64, BadTyped> {
    let typed = text.trim();
    let bad = |what: String, meant: Option<String>| BadTyped { what, meant };
    match read(typed, currency) {
        Some(Read::Number { whole, fraction }) => exact(&whole, fraction, typed, currency).map_err(|error| {
            let meant = shortened(&whole, fraction, currency);
            bad(error.to_string(), meant)
        }),
        Some(Read::TwoWays { whole, fraction }) => {
            // A point is the wire's decimal separator, so this reading is certain.
            let what = match exact(whole, fraction, typed, currency) {
                Err(error) if typed.contains('.') => error.to_string(),
                _ => format!("amount {typed:?} can be read as {whole}{fraction} and as {whole}.{fraction}"),
            };
            let thousands = exact(&format!("{whole}{fraction}"), "", typed, currency);
            let thousands = thousands.ok().map(|minor| currency.format_minor(minor));
            // Never suggest the thousandfold amount alone: the user may have meant the small one and accept the suggestion.
            let mut meant = match shortened(whole, fraction, currency) {
                Some(decimals) => vec![decimals],
                None => beside(whole, fraction, currency),
            };
            meant.extend(thousands);
            Err(bad(what, Some(one_of(&meant))))
        }
        None if typed.starts_with(BELOW_ZERO) || typed.ends_with(BELOW_ZERO) => Err(bad(
            format!(
                "amount {typed:?} is negative: an amount has no sign, since payer and payee determine the direction"
            ),
            None,
        )),
        None => {
            let form = BadAmount::Form(typed.to_owned());
            Err(bad(form.to_string(), bare(typed, currency)))
        }
    }
}

/// Parses an amount into the spelling that the wire accepts.
pub fn amount(text: &str, currency: Currency) -> Result<String, BadTyped> {
    minor(text, currency).map(|minor| currency.format_minor(minor))
}

/// The possible readings of a text.
enum Read<'t> {
    /// Digits before and after the decimal separator.
    Number { whole: String, fraction: &'t str },
    /// One separator before exactly three digits: ambiguous.
    TwoWays { whole: &'t str, fraction: &'t str },
}

fn read(text: &str, currency: Currency) -> Option<Read<'_>> {
    let Some((at, separator)) = text.char_indices().rfind(|(_, c)| matches!(c, '.' | ',')) else {
        let whole = grouped(text, &GROUPING)?;
        return Some(Read::Number { whole, fraction: "" });
    };
    let (whole, fraction) = (&text[..at], &text[at + 1..]);
    if !are_digits(fraction) {
        return None;
    }
    if whole.contains(separator) {
        let whole = grouped(text, &[separator])?;
        return Some(Read::Number { whole, fraction: "" });
    }
    if whole.contains(['.', ',']) {
        let whole = grouped(whole, &['.', ','])?;
        return Some(Read::Number { whole, fraction });
    }
    let is_the_wires = separator == '.' && currency.exponent() == 3;
    let like_thousands =
        are_digits(whole) && whole.len() <= 3 && !whole.starts_with('0') && fraction.len() == 3;
    if like_thousands && !is_the_wires {
        return Some(Read::TwoWays { whole, fraction });
    }
    let whole = grouped(whole, &GROUPING)?;
    Some(Read::Number { whole, fraction })
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of a whole number whose thousands may be separated by one of these characters, always the same one.
fn grouped(text: &str, separators: &[char]) -> Option<String> {
    let Some(separator) = text.chars().find(|c| separators.contains(c)) else {
        return are_digits(text).then(|| text.to_owned());
    };
    let mut groups = text.split(separator);
    let first = groups
        .next()
        .filter(|first| are_digits(first) && first.len() <= 3)?;
    let mut whole = first.to_owned();
    for group in groups {
        if !are_digits(group) || group.len() != 3 {
            return None;
        }
        whole.push_str(group);
    }
    Some(whole)
}

/// Adds missing zeros. More decimals than the currency has are an error, even if they are zeros: people don't write those by
/// hand, and `12.500` is twelve thousand to half the world.
fn exact(whole: &str, fraction: &str, typed: &str, currency: Currency) -> Result<i64, BadAmount> {
    let width = currency.exponent() as usize;
    if fraction.len() > width {
        return Err(BadAmount::Scale {
            text: typed.to_owned(),
            decimals: fraction.len(),
            currency,
            exponent: currency.exponent(),
        });
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if width == 0 { "" } else { "." };
    currency.parse_minor(&format!("{whole}{point}{fraction:0<width$}"))
}

/// The same amount without its excess decimals, if those are zeros.
fn shortened(whole: &str, fraction: &str, currency: Currency) -> Option<String> {
    let (kept, more) = fraction.split_at_checked(currency.exponent() as usize)?;
    let zeros = more.bytes().all(|byte| byte == b'0');
    let minor = exact(whole, kept, "", currency).ok().filter(|_| zeros)?;
    Some(currency.format_minor(minor))
}

/// The nearest amounts below and above one with too many decimals.
fn beside(whole: &str, fraction: &str, currency: Currency) -> Vec<String> {
    let Some(kept) = fraction.get(..currency.exponent() as usize) else {
        return Vec::new();
    };
    let below = exact(whole, kept, "", currency).ok();
    let above = below.and_then(|below| below.checked_add(1));
    let both = below.into_iter().chain(above);
    both.map(|minor| currency.format_minor(minor)).collect()
}

/// `1.23, 1.24 or 1234.00`
fn one_of(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} or {last}", some.join(", ")),
    }
}

/// The number in `$5`, `5 USD`, `5.` or `.5`, stripped of everything that is not part of it.
fn bare(typed: &str, currency: Currency) -> Option<String> {
    let code = currency.code();
    let text = typed.strip_prefix(code).or_else(|| typed.strip_suffix(code));
    let text = text.unwrap_or(typed);
    let text = text.trim_matches(|c: char| AROUND.contains(&c) || c.is_whitespace());
    let text = text.strip_suffix(['.', ',']).unwrap_or(text);
    let text = if text.starts_with(['.', ',']) {
        format!("0{text}")
    } else {
        text.to_owned()
    };
    match read(&text, currency)? {
        Read::Number { whole, fraction } => {
            let minor = exact(&whole, fraction, "", currency).ok()?;
            Some(currency.format_minor(minor))
        }
        Read::TwoWays { .. } => None,
    }
}

impl fmt::Display for BadTyped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.meant {
            Some(meant) => write!(f, ": did you mean {meant}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for BadTyped {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, text: &str, expected: Result<&str, &str>) {
        let read = amount(text, code.parse().unwrap()).map_err(|bad| bad.to_string());
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(read, expected, "{text:?} {code}");
    }

    #[test]
    fn an_unambiguous_amount_is_parsed() {
        for (text, expected) in [
            ("5", "5.00"),
            ("12.5", "12.50"),
            ("12.50", "12.50"),
            (" 12.50\u{a0}", "12.50"),
            ("007.5", "7.50"),
            ("0", "0.00"),
            ("0.05", "0.05"),
            ("12,50", "12.50"),
            ("12,5", "12.50"),
            ("1234,5", "1234.50"),
            ("1,234.50", "1234.50"),
            ("1.234,50", "1234.50"),
            ("1,234,567", "1234567.00"),
            ("1.234.567,8", "1234567.80"),
            ("1 234,50", "1234.50"),
            ("1\u{202f}234", "1234.00"),
            ("1'234.50", "1234.50"),
            ("92,233,720,368,547,758.07", "92233720368547758.07"),
        ] {
            check("USD", text, Ok(expected));
        }
        check("KRW", "1250", Ok("1250"));
        check("KRW", "1,250,000", Ok("1250000"));
        check("BHD", "1.25", Ok("1.250"));
        check("BHD", "1.250", Ok("1.250"));
        check("BHD", "1,234.5", Ok("1234.500"));
    }

    #[test]
    fn an_ambiguous_amount_is_rejected() {
        check(
            "USD",
            "1,234",
            Err("amount \"1,234\" can be read as 1234 and as 1.234: did you mean 1.23, 1.24 or 1234.00?"),
        );
        check(
            "USD",
            "12.500",
            Err("amount \"12.500\" has 3 decimals, USD has 2: did you mean 12.50 or 12500.00?"),
        );
        check(
            "USD",
            "12.555",
            Err("amount \"12.555\" has 3 decimals, USD has 2: did you mean 12.55, 12.56 or 12555.00?"),
        );
        check(
            "BHD",
            "1,250",
            Err("amount \"1,250\" can be read as 1250 and as 1.250: did you mean 1.250 or 1250.000?"),
        );
        check(
            "KRW",
            "1.250",
            Err("amount \"1.250\" has 3 decimals, KRW has 0: did you mean 1, 2 or 1250?"),
        );
    }

    #[test]
    fn nothing_is_rounded_and_an_error_suggests_what_is_meant() {
        let scale = |text: &str, decimals: usize, has: &str| {
            format!("amount {text:?} has {decimals} decimals, {has}")
        };
        check("USD", "0.125", Err(&scale("0.125", 3, "USD has 2")));
        check("USD", "1234.567", Err(&scale("1234.567", 3, "USD has 2")));
        check("KRW", "12.5", Err(&scale("12.5", 1, "KRW has 0")));
        let meant = |text, decimals, has, meant: &str| {
            format!("{}: did you mean {meant}?", scale(text, decimals, has))
        };
        check("USD", "12.5000", Err(&meant("12.5000", 4, "USD has 2", "12.50")));
        check("KRW", "5.0", Err(&meant("5.0", 1, "KRW has 0", "5")));
        check("USD", "0.050", Err(&meant("0.050", 3, "USD has 2", "0.05")));
        let form = |text: &str| format!("amount {text:?} is not a plain decimal number, such as \"12.50\"");
        for text in [
            "",
            "abc",
            "1e3",
            "1E+05",
            "NaN",
            "0x10",
            "１.００",
            "12,34,567",
            "1,23.45",
            "1.234.56",
            "5 EUR",
        ] {
            check("USD", text, Err(&form(text)));
        }
        for (text, meant) in [
            ("5.", "5.00"),
            (".5", "0.50"),
            ("$5", "5.00"),
            ("5 USD", "5.00"),
            ("+1.5", "1.50"),
        ] {
            check(
                "USD",
                text,
                Err(&format!("{}: did you mean {meant}?", form(text))),
            );
        }
        for text in ["-5", "−5.00", "5.00-", "(5.00)"] {
            check(
                "USD",
                text,
                Err(&format!(
                    "amount {text:?} is negative: an amount has no sign, since payer and payee determine the direction"
                )),
            );
        }
        let large = "92233720368547758.08";
        check(
            "USD",
            large,
            Err(&format!(
                "amount {large:?} is too large: the limit is 9223372036854775807 minor units"
            )),
        );
    }
}
