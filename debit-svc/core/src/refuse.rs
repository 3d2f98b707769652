//! Refusals, each with the values that it is about.

use wallet_contract::event::{Movement, Overdraft};
use wallet_contract::id::AccountId;
use wallet_contract::money::Money;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::Order;

use crate::state::Account;
use crate::transfer::Transfer;

pub(crate) fn insufficient(movement: &Movement, account: &Account) -> Refusal {
    let currency = movement.money.currency;
    let shown = |minor| format!("{} {currency}", currency.format_minor(minor));
    let mut detail = format!("{} available", shown(account.available));
    if account.held > 0 {
        detail = format!("{detail}, {} held", shown(account.held));
    }
    if let Overdraft::Limit(limit @ 1..) = account.overdraft {
        detail = format!("{detail}, overdraft limit {}", shown(limit));
    }
    Refusal::new(
        Reason::InsufficientFunds,
        format_args!("{detail}, {} asked", movement.money),
    )
}

/// A confirmation of nothing.
pub(crate) fn unknown() -> Refusal {
    Refusal::new(
        Reason::NoReservation,
        "nothing is reserved under this id, and now nothing can be: reserve under a new id",
    )
}

pub(crate) fn cancelled(payer: &AccountId) -> Refusal {
    Refusal::new(Reason::Cancelled, format_args!("{payer} cancelled it"))
}

/// Names how far the transfer has come, for which a confirm or a cancel comes too late.
pub(crate) fn too_late(transfer: &Transfer, reason: Reason) -> Refusal {
    let phase = transfer.phase.word();
    let detail = if reason == Reason::NoReservation {
        format!("the id names a transfer that is {phase}, and no reservation")
    } else {
        format!("the reservation is {phase} already")
    };
    Refusal::new(reason, detail)
}

/// Refuses to confirm more than is held, or another currency.
pub(crate) fn more_than_held(held: &Movement, money: Money) -> Result<(), Refusal> {
    if money.currency == held.money.currency && money.amount.minor() <= held.money.amount.minor() {
        return Ok(());
    }
    let detail = format!("{} is reserved, {money} can't be confirmed of it", held.money);
    Err(Refusal::new(Reason::ExceedsReservation, detail))
}

/// Names the first field in which a request differs from the one that used its id before.
pub(crate) fn reused(earlier: &Transfer, order: Option<&Order>) -> Refusal {
    let refuse = |detail: &str| Refusal::new(Reason::IdReused, detail);
    let (form, now) = match order {
        Some(Order::Transfer(movement)) => ("transfer", movement),
        Some(Order::Reserve(movement, _)) => ("reserve", movement),
        Some(Order::Reverse(movement)) => ("reverse", movement),
        Some(
            Order::Confirm(_)
            | Order::Cancel
            | Order::Open(..)
            | Order::Freeze
            | Order::Unfreeze
            | Order::Close,
        )
        | None => {
            return refuse("the id was used for another request, and this one is not sound");
        }
    };
    let Some(then) = &earlier.movement else {
        return if earlier.phase == crate::Phase::Cancelled {
            let detail = "cancelled before it was heard of: use a new id";
            Refusal::new(Reason::Cancelled, detail)
        } else {
            refuse("the id was used for a request that was not sound, and is burned: use a new id")
        };
    };
    let differs = |field: &str, then: &str, now: &str| {
        refuse(&format!(
            "the id was used with another {field:?}: then {then:?}, now {now:?}: use a new id"
        ))
    };
    let was = match (&earlier.reservation, then.reverses) {
        (Some(_), _) => "reserve",
        (None, Some(_)) => "reverse",
        (None, None) => "transfer",
    };
    let memo = |movement: &Movement| movement.memo.clone().unwrap_or_default();
    let reverses = |movement: &Movement| movement.reverses.map(|id| id.to_string()).unwrap_or_default();
    if then.payee != now.payee {
        differs("to", then.payee.as_str(), now.payee.as_str())
    } else if then.money.currency != now.money.currency {
        differs("currency", then.money.currency.code(), now.money.currency.code())
    } else if then.money.amount != now.money.amount {
        differs("amount", &then.money.decimal(), &now.money.decimal())
    } else if memo(then) != memo(now) {
        differs("memo", &memo(then), &memo(now))
    } else if earlier.phase != crate::Phase::Refused && was != form {
        differs("verb", was, form)
    } else if then.reverses != now.reverses {
        differs("reverses", &reverses(then), &reverses(now))
    } else {
        refuse("the id was used for a request on other terms: use a new id")
    }
}
