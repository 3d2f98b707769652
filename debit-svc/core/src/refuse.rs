//! Refusals, each with the values that caused it.

use jiff::Timestamp;
use wallet_contract::event::{Movement, Overdraft};
use wallet_contract::id::AccountId;
use wallet_contract::money::Money;
use wallet_contract::reason::{Reason, Refusal, id_reused};
use wallet_contract::request::Order;
use wallet_contract::subject::Verb;

use crate::state::Account;
use wallet_kernel::phase::Phase;
use wallet_kernel::transfer::Transfer;

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
        format_args!("{detail}, {} requested", movement.money),
    )
}

/// Refuses a confirmation under an id that has no reservation.
pub(crate) fn unknown() -> Refusal {
    Refusal::new(
        Reason::NoReservation,
        "nothing is reserved under this id, and it can't be used any more: reserve under a new id",
    )
}

pub(crate) fn cancelled(payer: &AccountId) -> Refusal {
    Refusal::new(Reason::Cancelled, format_args!("{payer} cancelled it"))
}

/// Refuses a confirm or cancel that comes too late, and names the phase the transfer has reached.
pub(crate) fn too_late(transfer: &Transfer, reason: Reason) -> Refusal {
    let phase = transfer.phase.word();
    let detail = if reason == Reason::NoReservation {
        format!("the id names a transfer that is {phase}, not a reservation")
    } else {
        format!("the reservation is already {phase}")
    };
    Refusal::new(reason, detail)
}

/// Refuses a confirmation of more than is held, or in another currency.
pub(crate) fn more_than_held(held: &Movement, money: Money) -> Result<(), Refusal> {
    if money.currency == held.money.currency && money.amount.minor() <= held.money.amount.minor() {
        return Ok(());
    }
    let detail = format!("only {} is reserved, so {money} can't be confirmed", held.money);
    Err(Refusal::new(Reason::ExceedsReservation, detail))
}

/// Refuses a request whose id was used before, naming the first field that differs, with both values. The request was heard
/// at `at_us`.
pub(crate) fn reused(earlier: &Transfer, order: &Order, at_us: i64) -> Refusal {
    let Some((then, now)) = earlier.movement.as_ref().zip(order.movement()) else {
        return used_up(earlier, order);
    };
    let memo = |movement: &Movement| movement.memo.clone().unwrap_or_default();
    let reverses = |movement: &Movement| movement.reverses.map(|id| id.to_string()).unwrap_or_default();
    let same = || {
        let detail = "the same request was already decided under this id: look up the id for its outcome";
        Refusal::new(Reason::IdReused, detail)
    };
    id_reused("to", then.payee.as_str(), now.payee.as_str())
        .or_else(|| id_reused("currency", then.money.currency.code(), now.money.currency.code()))
        .or_else(|| id_reused("amount", &then.money.decimal(), &now.money.decimal()))
        .or_else(|| id_reused("memo", &memo(then), &memo(now)))
        .or_else(|| id_reused("verb", form(earlier, then), order.verb().token()))
        .or_else(|| id_reused("reverses", &reverses(then), &reverses(now)))
        .or_else(|| terms(earlier, order, at_us))
        .unwrap_or_else(same)
}

fn form(transfer: &Transfer, movement: &Movement) -> &'static str {
    match (&transfer.reservation, movement.reverses) {
        (Some(_), _) => Verb::Reserve.token(),
        (None, Some(_)) => Verb::Reverse.token(),
        (None, None) => Verb::Transfer.token(),
    }
}

/// Compares expiry times: a reservation stores when it expires, not the duration that its request asked for.
fn terms(earlier: &Transfer, order: &Order, at_us: i64) -> Option<Refusal> {
    let (then, Order::Reserve(_, hold)) = (earlier.reservation.as_ref()?, order) else {
        return None;
    };
    let until = |us| Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX);
    id_reused("auto_confirm", &then.auto_confirm, &hold.auto_confirm).or_else(|| {
        let (first, seconds, now) = (until(then.expires_us), hold.expires_in, until(hold.expires_us(at_us)));
        let detail = format_args!(
            "the id was already used with a different \"expires_in\": then until {first}, now {seconds}, until {now}: use a new id"
        );
        Some(Refusal::new(Reason::IdReused, detail))
    })
}

/// Refuses a request whose id was used up by one of which no field was kept: an invalid request, a confirmation without a
/// reservation, or a cancel that came before its reserve.
fn used_up(earlier: &Transfer, order: &Order) -> Refusal {
    if earlier.phase == Phase::Cancelled {
        let detail = "cancelled before the request arrived: use a new id";
        return Refusal::new(Reason::Cancelled, detail);
    }
    let now = order
        .movement()
        .map(|now| format!(", now {} of {} to {}", order.verb().token(), now.money, now.payee));
    let now = now.unwrap_or_default();
    let detail = format!("the id was already used by a request that was refused{now}: use a new id");
    Refusal::new(Reason::IdReused, detail)
}
