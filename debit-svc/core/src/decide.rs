//! The decisions, each a function of the state and one input.

use wallet_contract::decider::Place;
use wallet_contract::event::{Fact, Movement, Overdraft, check_shard};
use wallet_contract::id::{AccountId, TransferId, TransferKey};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{Order, Request};

use crate::state::{Account, Phase, Standing, State, Transfer};

/// Debits the payer, or says why not. A refused transfer burns its id.
pub(crate) fn transfer(state: &State, request: &Request, place: Place) -> Fact {
    let payer = &request.account;
    let key = TransferKey {
        id: request.transfer,
        payer: payer.clone(),
    };
    if let Some(earlier) = state.transfers.get(&key) {
        return Fact::RequestRefused(payer.clone(), request.verb, reused(earlier, request));
    }
    let refuse = |movement, refusal| Fact::DebitRefused(payer.clone(), movement, refusal);
    if let Err(refusal) = check_shard(payer, place.shard, place.shards) {
        return refuse(None, refusal);
    }
    let movement = match &request.order {
        Ok(Order::Transfer(movement)) => movement,
        Ok(Order::Open(..) | Order::Freeze | Order::Unfreeze | Order::Close) => {
            let detail = "a payer's request can only be a transfer";
            return refuse(None, Refusal::new(Reason::InvalidRequest, detail));
        }
        Err(refusal) => return refuse(None, refusal.clone()),
    };
    match may_pay(state, movement) {
        Ok(()) => Fact::AccountDebited(movement.clone()),
        Err(refusal) => refuse(Some(movement.clone()), refusal),
    }
}

fn may_pay(state: &State, movement: &Movement) -> Result<(), Refusal> {
    let (payer, money) = (&movement.payer, movement.money);
    let Some(account) = state.account(payer, money.currency) else {
        return Err(match state.currencies(payer).next() {
            None => Refusal::new(Reason::AccountNotFound, format_args!("{payer} was never opened")),
            Some(_) => {
                let detail = format_args!("{payer} is not open in {}", money.currency);
                Refusal::new(Reason::CurrencyNotOpen, detail)
            }
        });
    };
    match account.standing {
        Standing::Open => {}
        Standing::Frozen => {
            return Err(Refusal::new(
                Reason::AccountFrozen,
                format_args!("{payer} is frozen"),
            ));
        }
        Standing::Closed => {
            return Err(Refusal::new(
                Reason::AccountClosed,
                format_args!("{payer} is closed"),
            ));
        }
    }
    let floor = match account.overdraft {
        Overdraft::Limit(limit) => limit.checked_neg().unwrap_or(i64::MIN),
        Overdraft::Unlimited => i64::MIN,
    };
    let amount = money.amount.minor();
    let left = account
        .available
        .checked_sub(amount)
        .filter(|left| *left >= floor);
    let moving = account.in_transit.checked_add(amount);
    match (left, moving) {
        (Some(_), Some(_)) => Ok(()),
        (None, _) if account.overdraft != Overdraft::Unlimited => Err(insufficient(movement, &account)),
        _ => Err(Refusal::new(
            Reason::CeilingReached,
            format_args!("{payer} can't owe more than can be counted"),
        )),
    }
}

fn insufficient(movement: &Movement, account: &Account) -> Refusal {
    let currency = movement.money.currency;
    let available = currency.format_minor(account.available);
    let detail = match account.overdraft {
        Overdraft::Limit(limit) if limit > 0 => {
            let limit = currency.format_minor(limit);
            format!(
                "{available} {currency} available, overdraft limit {limit} {currency}, {} asked",
                movement.money
            )
        }
        Overdraft::Limit(_) | Overdraft::Unlimited => {
            format!("{available} {currency} available, {} asked", movement.money)
        }
    };
    Refusal::new(Reason::InsufficientFunds, detail)
}

/// Names the first field in which a request differs from the one that used its id before.
fn reused(earlier: &Transfer, request: &Request) -> Refusal {
    let refuse = |detail: String| Refusal::new(Reason::IdReused, detail);
    let now = match &request.order {
        Ok(Order::Transfer(movement)) => movement,
        Ok(Order::Open(..) | Order::Freeze | Order::Unfreeze | Order::Close) | Err(_) => {
            return refuse("the id was used for another request, and this one is not sound".to_owned());
        }
    };
    let Some(then) = &earlier.movement else {
        return refuse(
            "the id was used for a request that was not sound, and is burned: use a new id".to_owned(),
        );
    };
    let differs = |field: &str, then: &str, now: &str| {
        refuse(format!(
            "the id was used with another {field:?}: then {then:?}, now {now:?}: use a new id"
        ))
    };
    if then.payee != now.payee {
        differs("to", then.payee.as_str(), now.payee.as_str())
    } else if then.money.currency != now.money.currency {
        differs("currency", then.money.currency.code(), now.money.currency.code())
    } else if then.money.amount != now.money.amount {
        differs("amount", &then.money.decimal(), &now.money.decimal())
    } else {
        let memo = |movement: &Movement| movement.memo.clone().unwrap_or_default();
        differs("memo", &memo(then), &memo(now))
    }
}

/// Gives the money of a debited transfer back.
pub(crate) fn reversal(
    state: &State,
    id: TransferId,
    movement: &Movement,
    refusal: &Refusal,
) -> Option<Fact> {
    let key = TransferKey {
        id,
        payer: movement.payer.clone(),
    };
    let transfer = state.transfers.get(&key)?;
    match transfer.phase {
        Phase::Debited => Some(Fact::DebitReversed(movement.clone(), refusal.clone())),
        Phase::Refused | Phase::Credited | Phase::Reversed => None,
    }
}

/// Says whether an account is at zero in all its currencies, with nothing on its way out.
///
/// credit-svc has stopped crediting it before it asks, and what it credited earlier stands earlier in the log: the
/// answer is exact.
pub(crate) fn closure(state: &State, name: &AccountId) -> Fact {
    let busy = state
        .currencies(name)
        .find(|(_, account)| account.available != 0 || account.in_transit != 0);
    match busy {
        None => Fact::ClosureAccepted(name.clone()),
        Some((currency, account)) => {
            let [available, in_transit] =
                [account.available, account.in_transit].map(|minor| currency.format_minor(minor));
            let detail =
                format!("{name} has {available} {currency} available and {in_transit} {currency} in transit");
            Fact::ClosureRefused(name.clone(), Refusal::new(Reason::BalanceNotZero, detail))
        }
    }
}
