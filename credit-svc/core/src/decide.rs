//! The decisions, each a function of the state and one input.

use wallet_contract::decider::Place;
use wallet_contract::event::{Fact, Movement, Overdraft, check_shard};
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{Order, Request};

use crate::state::{Account, Standing, State};

/// Credits the payee, or says why not.
pub(crate) fn credit(state: &State, movement: &Movement) -> Fact {
    match may_receive(state, movement) {
        Ok(()) => Fact::AccountCredited(movement.clone()),
        Err(refusal) => Fact::CreditRefused(movement.clone(), refusal),
    }
}

fn may_receive(state: &State, movement: &Movement) -> Result<(), Refusal> {
    let (payee, currency) = (&movement.payee, movement.money.currency);
    let Some(account) = state.account(payee, currency) else {
        return Err(match state.currencies(payee).next() {
            None => Refusal::new(Reason::AccountNotFound, format_args!("{payee} was never opened")),
            Some(_) => Refusal::new(
                Reason::CurrencyNotOpen,
                format_args!("{payee} is not open in {currency}"),
            ),
        });
    };
    stands_open(payee, account)?;
    match account.received.checked_add(movement.money.amount.minor()) {
        Some(_) => Ok(()),
        None => {
            let detail = format_args!("{payee} can't receive more than can be counted");
            Err(Refusal::new(Reason::CeilingReached, detail))
        }
    }
}

fn stands_open(name: &AccountId, account: Account) -> Result<(), Refusal> {
    match account.standing {
        Standing::Open => Ok(()),
        Standing::Frozen => Err(Refusal::new(
            Reason::AccountFrozen,
            format_args!("{name} is frozen"),
        )),
        Standing::Closing => Err(Refusal::new(
            Reason::AccountClosed,
            format_args!("{name} is closing"),
        )),
        Standing::Closed => Err(Refusal::new(
            Reason::AccountClosed,
            format_args!("{name} is closed"),
        )),
    }
}

/// Decides what an operator asks.
pub(crate) fn request(state: &State, request: &Request, place: Place) -> Option<Fact> {
    let name = &request.account;
    let decided = check_shard(name, place.shard, place.shards).and_then(|()| match &request.order {
        Ok(Order::Transfer(_)) => Ok(None),
        Ok(Order::Open(currency, overdraft)) => open(state, name, *currency, *overdraft).map(Some),
        Ok(Order::Freeze) => {
            let account = opened(state, name)?;
            stands_open(name, account).map(|()| Some(Fact::AccountFrozen(name.clone())))
        }
        Ok(Order::Unfreeze) => unfreeze(name, opened(state, name)?).map(Some),
        Ok(Order::Close) => {
            let account = opened(state, name)?;
            stands_open(name, account).map(|()| Some(Fact::AccountClosing(name.clone())))
        }
        Err(refusal) => Err(refusal.clone()),
    });
    decided.unwrap_or_else(|refusal| Some(Fact::RequestRefused(name.clone(), request.verb, refusal)))
}

fn opened(state: &State, name: &AccountId) -> Result<Account, Refusal> {
    let never = || Refusal::new(Reason::AccountNotFound, format_args!("{name} was never opened"));
    state
        .currencies(name)
        .next()
        .map(|(_, account)| account)
        .ok_or_else(never)
}

fn open(state: &State, name: &AccountId, currency: Currency, overdraft: Overdraft) -> Result<Fact, Refusal> {
    if state.account(name, currency).is_some() {
        return Err(Refusal::new(
            Reason::AlreadyOpen,
            format_args!("{name} is open in {currency} already"),
        ));
    }
    if let Some((_, account)) = state.currencies(name).next() {
        stands_open(name, account)?;
    }
    Ok(Fact::AccountOpened(name.clone(), currency, overdraft))
}

fn unfreeze(name: &AccountId, account: Account) -> Result<Fact, Refusal> {
    match account.standing {
        Standing::Frozen => Ok(Fact::AccountUnfrozen(name.clone())),
        Standing::Open => Err(Refusal::new(
            Reason::NotFrozen,
            format_args!("{name} is not frozen"),
        )),
        Standing::Closing | Standing::Closed => {
            stands_open(name, account).map(|()| Fact::AccountUnfrozen(name.clone()))
        }
    }
}
