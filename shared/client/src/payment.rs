//! What a payment says.

use std::time::Duration;

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;

use crate::clock;
use crate::request::Wanted;

/// A payment from one account to another. Its id names it: the same payment with the same id is made once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The client's name for it, a new one unless it is set.
    pub id: TransferId,
    /// The payer.
    pub from: AccountId,
    /// The payee.
    pub to: AccountId,
    /// How much, such as `12.50`; zeros that are missing are added, nothing is rounded.
    pub amount: String,
    /// The currency.
    pub currency: Currency,
    /// A line for the statement.
    pub memo: Option<String>,
}

impl Payment {
    /// A payment with a new id.
    pub fn new(from: AccountId, to: AccountId, amount: impl Into<String>, currency: Currency) -> Self {
        Self {
            id: clock::new_id(),
            from,
            to,
            amount: amount.into(),
            currency,
            memo: None,
        }
    }

    /// The same under an id that was made and stored before: then a crash of the caller cannot make it a second payment.
    #[must_use]
    pub fn id(self, id: TransferId) -> Self {
        Self { id, ..self }
    }

    /// The same with a line for the statement.
    #[must_use]
    pub fn memo(self, memo: impl Into<String>) -> Self {
        let memo = Some(memo.into());
        Self { memo, ..self }
    }

    pub(crate) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            from: &self.from,
            to: self.to.as_str(),
            amount: &self.amount,
            currency: self.currency.code(),
            memo: self.memo.as_deref(),
        }
    }
}

/// How a reservation is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// How long, in whole seconds; a week unless it is set.
    pub expires_in: Option<Duration>,
    /// Whether it is paid as soon as the payee's side has promised to take it.
    pub auto_confirm: bool,
}
