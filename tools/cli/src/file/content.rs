//! The content of a row, each value in the one spelling that the wire accepts.

use wallet_client::api::Transfer;
use wallet_client::request::Wanted;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_view::typed;

use super::line::Written;
use super::text::lines;

/// A payment without its id: rows with the same content are equal, however they are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content {
    /// The payer.
    pub from: AccountId,
    /// The payee.
    pub to: String,
    /// The amount, with all decimals of the currency.
    pub amount: String,
    /// The currency's code.
    pub currency: String,
    /// The text for the statement, or empty.
    pub memo: String,
}

impl Content {
    /// Parses a row, or returns which value is invalid.
    pub(super) fn of(written: &Written) -> Result<Self, String> {
        let from = account("from", &written.from)?;
        let to = account("to", &written.to)?;
        let currency: Currency = needed("currency", &written.currency)?
            .to_ascii_uppercase()
            .parse()
            .map_err(|bad| format!("currency: {bad}"))?;
        let amount = typed::amount(needed("amount", &written.amount)?, currency);
        Ok(Self {
            from,
            to: to.to_string(),
            amount: amount.map_err(|bad| bad.to_string())?,
            currency: currency.code().to_owned(),
            memo: lines(value(&written.memo).unwrap_or_default()),
        })
    }

    /// The content of a transfer as the ledger knows it.
    pub(super) fn of_flow(flow: &Transfer) -> Option<Self> {
        Some(Self {
            from: flow.payer.parse().ok()?,
            to: flow.payee.clone()?,
            amount: flow.amount.clone()?,
            currency: flow.currency.clone()?,
            memo: flow.memo.clone().unwrap_or_default(),
        })
    }

    /// The content as a request needs it.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            from: &self.from,
            to: &self.to,
            amount: &self.amount,
            currency: &self.currency,
            memo: Some(&*self.memo).filter(|memo| !memo.is_empty()),
        }
    }

    /// The first field in which another payment differs, with both values.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let fields = [
            ("from", self.from.as_str(), other.from.as_str()),
            ("to", &self.to, &other.to),
            ("amount", &self.amount, &other.amount),
            ("currency", &self.currency, &other.currency),
            ("memo", &self.memo, &other.memo),
        ];
        let (name, ours, theirs) = fields.into_iter().find(|(_, ours, theirs)| ours != theirs)?;
        Some(format!("{name} is {ours:?} here and {theirs:?} there"))
    }
}

/// A value that is filled in. Surrounding blanks are removed as unintended.
pub(super) fn value(written: &Option<String>) -> Option<&str> {
    written
        .as_deref()
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

fn needed<'w>(name: &str, written: &'w Option<String>) -> Result<&'w str, String> {
    value(written).ok_or_else(|| format!("{name} is missing"))
}

fn account(name: &str, written: &Option<String>) -> Result<AccountId, String> {
    needed(name, written)?
        .parse()
        .map_err(|bad| format!("{name}: {bad}"))
}
