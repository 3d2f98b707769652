//! Shared test helpers: ids, names, movements.
//!
//! Compiled only with the feature `testing`, which dev-dependencies enable. Pure, like the rest of this crate.
#![expect(clippy::unwrap_used, reason = "test helpers panic, as assertions do")]

use crate::event::Movement;
use crate::id::{AccountId, TransferKey};
use crate::money::Money;

/// A client's id.
pub const ONE: &str = "01900000-0000-7000-8000-000000000001";
/// Another client's id.
pub const TWO: &str = "01900000-0000-7000-8000-000000000002";
/// A third client's id.
pub const THREE: &str = "01900000-0000-7000-8000-000000000003";

/// An account's name.
pub fn name(text: &str) -> AccountId {
    text.parse().unwrap()
}

/// A transfer's key.
pub fn key(id: &str, payer: &str) -> TransferKey {
    TransferKey {
        id: id.parse().unwrap(),
        payer: name(payer),
    }
}

/// A plain movement of US dollars.
pub fn movement(payer: &str, payee: &str, amount: &str) -> Movement {
    Movement {
        payer: name(payer),
        payee: name(payee),
        money: Money::parse(amount, "USD".parse().unwrap()).unwrap(),
        memo: None,
        reserved: None,
        reverses: None,
    }
}

/// The confirmed part of a reservation.
pub fn part(payer: &str, payee: &str, amount: &str, reserved: &str) -> Movement {
    Movement {
        reserved: Some(movement(payer, payee, reserved).money.amount),
        ..movement(payer, payee, amount)
    }
}

/// A reversal of the transfer `of`.
pub fn reversal(payer: &str, payee: &str, amount: &str, of: &str) -> Movement {
    Movement {
        reverses: Some(of.parse().unwrap()),
        ..movement(payer, payee, amount)
    }
}

/// The fields of a request that name the payee and the amount in US dollars.
pub fn pays(payee: &str, amount: &str) -> String {
    format!(r#""to":"{payee}","amount":"{amount}","currency":"USD""#)
}
