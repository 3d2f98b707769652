//! The content of a payment.

use std::time::Duration;

use wallet_contract::id::{AccountId, TransferId};
use wallet_contract::money::Currency;

use crate::clock;
use crate::request::Wanted;

/// A payment from one account to another. Its id identifies it: the same payment with the same id is made once, however often it
/// is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// The client's id, a new one unless set.
    pub id: TransferId,
    /// The payer.
    pub from: AccountId,
    /// The payee.
    pub to: AccountId,
    /// The amount, such as `12.50`; missing zeros are added, nothing is rounded.
    pub amount: String,
    /// The currency.
    pub currency: Currency,
    /// A text for the statement.
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

    /// Sets an id that was generated and stored beforehand, so that a crash of the caller can't lead to a second payment.
    #[must_use]
    pub fn id(self, id: TransferId) -> Self {
        Self { id, ..self }
    }

    /// Sets the text for the statement.
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

/// The terms of a reservation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// How long to hold the money, in whole seconds; a week unless set.
    pub expires_in: Option<Duration>,
    /// Whether it is paid as soon as the payee's side has promised to accept it.
    pub auto_confirm: bool,
}
