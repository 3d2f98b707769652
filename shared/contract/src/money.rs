//! Money: integer minor units with a currency, checked arithmetic only.
//!
//! On the wire an amount is a decimal string with exactly as many decimals as ISO 4217 gives the currency, e.g. `"12.50"` USD,
//! `"1250"` KRW, `"1.250"` BHD.

use std::fmt;
use std::str::FromStr;

/// An ISO 4217 currency that has minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(iso_currency::Currency);

/// A positive amount in minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i64);

/// A positive amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// The number of minor units.
    pub amount: Amount,
    /// The currency.
    pub currency: Currency,
}

/// Why a text is not a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown currency {0:?}: use an ISO 4217 code in capitals, such as USD")]
pub struct BadCurrency(pub String);

/// Why a text is not an amount in a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Not a plain decimal number: it has a sign, an exponent, letters or blanks.
    #[error("amount {0:?} is not a plain decimal number, such as \"12.50\"")]
    Form(String),
    /// The number of decimals is not that of the currency.
    #[error("amount {text:?} has {decimals} decimals, {currency} has {exponent}")]
    Scale {
        /// The amount as given.
        text: String,
        /// The number of decimals given.
        decimals: usize,
        /// The currency.
        currency: Currency,
        /// The number of decimals that the currency has.
        exponent: u32,
    },
    /// Zero moves nothing.
    #[error("amount {0:?} is zero: nothing would move")]
    Zero(String),
    /// More than 64-bit minor units can hold.
    #[error("amount {0:?} is too large: the limit is {max} minor units", max = i64::MAX)]
    TooLarge(String),
}

impl Currency {
    /// The ISO 4217 code.
    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// The number of decimals of the major unit (ISO 4217's "minor unit" column): USD 2, KRW 0, BHD 3.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The number of minor units in a major unit.
    fn scale(self) -> i64 {
        10_i64.saturating_pow(self.exponent())
    }

    /// Parses an unsigned decimal string, zero allowed: an overdraft limit, a balance.
    pub fn parse_minor(self, text: &str) -> Result<i64, BadAmount> {
        let form = || BadAmount::Form(text.to_owned());
        let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || fraction.is_some_and(|f| !digits(f)) {
            return Err(form());
        }
        let fraction = fraction.unwrap_or_default();
        let exponent = self.exponent();
        if fraction.len() != exponent as usize {
            return Err(BadAmount::Scale {
                text: text.to_owned(),
                decimals: fraction.len(),
                currency: self,
                exponent,
            });
        }
        let too_large = || BadAmount::TooLarge(text.to_owned());
        let whole: i64 = whole.parse().map_err(|_| too_large())?;
        let minor: i64 = if fraction.is_empty() {
            0
        } else {
            fraction.parse().map_err(|_| form())?
        };
        whole
            .checked_mul(self.scale())
            .and_then(|w| w.checked_add(minor))
            .ok_or_else(too_large)
    }

    /// Formats minor units as a decimal string, e.g. `-12.50`.
    pub fn format_minor(self, minor: i64) -> String {
        let (sign, minor) = (if minor < 0 { "-" } else { "" }, minor.unsigned_abs());
        let scale = self.scale().unsigned_abs();
        let width = self.exponent() as usize;
        let whole = minor.checked_div(scale).unwrap_or_default();
        match minor.checked_rem(scale) {
            Some(rest) if width > 0 => format!("{sign}{whole}.{rest:0width$}"),
            _ => format!("{sign}{whole}"),
        }
    }
}

/// A valid amount without the leading zeros that do not change its value: `"00.01"` becomes `"0.01"`.
///
/// Ids that depend on the text of an amount are derived from this form.
pub(crate) fn plain(amount: &str) -> &str {
    let digits = amount.trim_start_matches('0');
    let one_zero = digits.is_empty() || digits.starts_with('.');
    let length = digits.len().saturating_add(usize::from(one_zero));
    amount
        .len()
        .checked_sub(length)
        .map_or(amount, |zeros| &amount[zeros..])
}

impl FromStr for Currency {
    type Err = BadCurrency;

    fn from_str(code: &str) -> Result<Self, BadCurrency> {
        let bad = || BadCurrency(code.to_owned());
        if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(bad());
        }
        let currency = iso_currency::Currency::from_code(code).ok_or_else(bad)?;
        currency.exponent().map(|_| Self(currency)).ok_or_else(bad)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Amount {
    /// Accepts a positive number of minor units.
    pub fn from_minor(minor: i64) -> Option<Self> {
        (minor > 0).then_some(Self(minor))
    }

    /// The number of minor units, greater than zero.
    pub fn minor(self) -> i64 {
        self.0
    }
}

impl Money {
    /// Parses a decimal string as an amount in `currency`.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, BadAmount> {
        let minor = currency.parse_minor(text)?;
        let amount = Amount::from_minor(minor).ok_or_else(|| BadAmount::Zero(text.to_owned()))?;
        Ok(Self { amount, currency })
    }

    /// The amount as a decimal string, as on the wire.
    pub fn decimal(self) -> String {
        self.currency.format_minor(self.amount.minor())
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn an_amount_has_exactly_its_currencys_decimals() {
        let check = |text: &str, code: &str, expected: Result<i64, &str>| {
            let actual = Money::parse(text, currency(code));
            let actual = actual.map(|m| m.amount.minor()).map_err(|e| e.to_string());
            assert_eq!(actual, expected.map_err(str::to_owned), "{text} {code}");
        };
        check("12.50", "USD", Ok(1250));
        check("0.01", "USD", Ok(1));
        check("1250", "KRW", Ok(1250));
        check("1.250", "BHD", Ok(1250));
        check("92233720368547758.07", "USD", Ok(i64::MAX));
        check(
            "12.345",
            "USD",
            Err("amount \"12.345\" has 3 decimals, USD has 2"),
        );
        check("12", "USD", Err("amount \"12\" has 0 decimals, USD has 2"));
        check("1.5", "KRW", Err("amount \"1.5\" has 1 decimals, KRW has 0"));
        check("0.00", "USD", Err("amount \"0.00\" is zero: nothing would move"));
        let large = ["92233720368547758.08", &format!("{}.00", "9".repeat(40))].map(str::to_owned);
        for text in &large {
            let error = format!("amount {text:?} is too large: the limit is 9223372036854775807 minor units");
            check(text, "USD", Err(&error));
        }
        for text in [
            "",
            " ",
            "-1.00",
            "+1.00",
            "1e3",
            "NaN",
            "inf",
            "1,00",
            ".50",
            "1.",
            "0x10",
            "１.００",
            " 1.00",
        ] {
            check(
                text,
                "USD",
                Err(&format!(
                    "amount {text:?} is not a plain decimal number, such as \"12.50\""
                )),
            );
        }
    }

    #[test]
    fn leading_zeros_change_nothing() {
        for (text, expected) in [
            ("0.01", "0.01"),
            ("00.01", "0.01"),
            ("012.50", "12.50"),
            ("100.00", "100.00"),
            ("0.00", "0.00"),
            ("000.00", "0.00"),
            ("0", "0"),
            ("000", "0"),
            ("0012", "12"),
            ("", ""),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }

    #[test]
    fn a_currency_is_an_iso_code_with_minor_units() {
        assert_eq!(currency("USD").exponent(), 2);
        assert_eq!(currency("KRW").exponent(), 0);
        assert_eq!(currency("BHD").exponent(), 3);
        for code in ["", "usd", "US", "USDT", "ABC", "XAU"] {
            assert_eq!(
                code.parse::<Currency>(),
                Err(BadCurrency(code.to_owned())),
                "{code}"
            );
        }
    }

    proptest! {
        #[test]
        fn an_amount_survives_the_wire(minor in 1..=i64::MAX, code in prop::sample::select(vec!["USD", "KRW", "BHD"])) {
            let money = Money { amount: Amount::from_minor(minor).unwrap(), currency: currency(code) };
            prop_assert_eq!(Money::parse(&money.decimal(), money.currency), Ok(money));
            let written = format!("000{}", money.decimal());
            prop_assert_eq!(Money::parse(&written, money.currency), Ok(money));
            prop_assert_eq!(plain(&written), money.decimal());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = Money::parse(&text, currency("USD"));
        }
    }
}
