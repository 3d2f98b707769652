//! What a row says, each value in the one spelling that the wire takes.

use wallet_client::api::Transfer;
use wallet_client::request::Wanted;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_view::typed;

use super::line::Written;
use super::text::lines;

/// A payment without a name: rows with the same content are equal, however they are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Content {
    /// Who pays.
    pub from: AccountId,
    /// Who is paid.
    pub to: String,
    /// How much, with all decimals of the currency.
    pub amount: String,
    /// The currency's code.
    pub currency: String,
    /// A line for the statement, or nothing.
    pub memo: String,
}

impl Content {
    /// Reads a row, or says which value makes no sense.
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

    /// What the ledger knows of a transfer.
    pub(super) fn of_flow(flow: &Transfer) -> Option<Self> {
        Some(Self {
            from: flow.payer.parse().ok()?,
            to: flow.payee.clone()?,
            amount: flow.amount.clone()?,
            currency: flow.currency.clone()?,
            memo: flow.memo.clone().unwrap_or_default(),
        })
    }

    /// The same for a request.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            from: &self.from,
            to: &self.to,
            amount: &self.amount,
            currency: &self.currency,
            memo: Some(&*self.memo).filter(|memo| !memo.is_empty()),
        }
    }

    /// The first field that another payment has another value in, with both values.
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

/// A value that somebody filled in. Blanks around it are nobody's intention.
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
