//! The decisions. Each is a function of the state and one input.

use wallet_contract::event::{
    AccountFact, Event, Fact, Movement, MovementFact, Overdraft, RequestFact, Terms, check_shard,
};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::reason::{Reason, Refusal, id_reused};
use wallet_contract::request::{Order, Request};
use wallet_kernel::{Place, Standing};

use crate::state::{Account, PromiseStanding, Reversal, State};

/// Decides on an event of debit-svc.
pub(crate) fn event(state: &State, event: &Event) -> Option<Fact> {
    match &event.fact {
        Fact::Account(account, AccountFact::ClosureAccepted) => {
            Some(Fact::Account(account.clone(), AccountFact::AccountClosed))
        }
        Fact::Movement(movement, MovementFact::AccountDebited) => {
            Some(credit(state, &crate::key(event), movement))
        }
        Fact::Movement(movement, MovementFact::FundsReserved(terms)) => {
            Some(promise(state, movement, *terms))
        }
        Fact::Account(..) | Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => None,
    }
}

/// Credits the payee, or refuses with a reason. A promised credit is made whatever the account's standing is by now.
fn credit(state: &State, key: &TransferKey, movement: &Movement) -> Fact {
    let promise = state.promises.get(key).filter(|_| movement.reserved.is_some());
    if promise.is_some_and(|promise| promise.standing == PromiseStanding::Open) {
        return Fact::Movement(movement.clone(), MovementFact::AccountCredited);
    }
    match may_receive(state, movement) {
        Ok(()) => Fact::Movement(movement.clone(), MovementFact::AccountCredited),
        Err(refusal) => Fact::Movement(movement.clone(), MovementFact::CreditRefused(refusal)),
    }
}

/// Promises to credit the payee, or refuses with a reason.
fn promise(state: &State, movement: &Movement, terms: Terms) -> Fact {
    match may_receive(state, movement) {
        Ok(()) => Fact::Movement(movement.clone(), MovementFact::CreditPromised(terms)),
        Err(refusal) => Fact::Movement(movement.clone(), MovementFact::CreditRefused(refusal)),
    }
}

/// Grants a reversal of what the account has received, up to the part not given back yet.
pub(crate) fn reverse(state: &State, request: &Request, place: Place) -> Fact {
    let account = &request.account;
    let key = TransferKey {
        id: request.transfer,
        payer: account.clone(),
    };
    if let Some(earlier) = state.reversals.get(&key) {
        let refusal = match &request.order {
            Ok(order) => reused(state, earlier, order),
            Err(refusal) => refusal.clone(),
        };
        return Fact::Request(
            account.clone(),
            RequestFact::RequestRefused(request.verb, refusal),
        );
    }
    let order = check_shard(account, place.shard, place.shards).and_then(|()| request.order.clone());
    let movement = match order {
        Ok(Order::Reverse(movement)) => movement,
        Ok(_) => return denied(account, None, Refusal::new(Reason::InvalidRequest, "no reversal")),
        Err(refusal) => return denied(account, None, refusal),
    };
    match may_give_back(state, &movement) {
        Ok(()) => Fact::Movement(movement, MovementFact::ReversalGranted),
        Err(refusal) => denied(account, Some(movement), refusal),
    }
}

/// Refuses a reversal whose id was used before, naming the first field that differs, with both values where both are kept. The
/// earlier memo is not.
fn reused(state: &State, earlier: &Reversal, order: &Order) -> Refusal {
    let refuse = |detail: &str| Refusal::new(Reason::IdReused, detail);
    let Some((now, reverses)) = order.movement().and_then(|now| Some((now, now.reverses?))) else {
        return refuse("the id was already used for a reversal: use a new id");
    };
    let received = state.receipts.get(&earlier.of).and_then(Option::as_ref);
    let currency = received.map_or(now.money.currency, |received| received.money.currency);
    let memo = || {
        let memo = now.memo.as_deref().unwrap_or_default();
        refuse(&format!(
            "the id was already used with a different \"memo\", now {memo:?}: use a new id"
        ))
    };
    id_reused("to", earlier.of.payer.as_str(), now.payee.as_str())
        .or_else(|| id_reused("reverses", &earlier.of.id.to_string(), &reverses.to_string()))
        .or_else(|| id_reused("currency", currency.code(), now.money.currency.code()))
        .or_else(|| {
            id_reused(
                "amount",
                &currency.format_minor(earlier.amount),
                &now.money.decimal(),
            )
        })
        .unwrap_or_else(memo)
}

fn denied(account: &AccountId, movement: Option<Movement>, refusal: Refusal) -> Fact {
    Fact::Request(account.clone(), RequestFact::ReversalDenied(movement, refusal))
}

fn may_give_back(state: &State, movement: &Movement) -> Result<(), Refusal> {
    let (from, to, money) = (&movement.payer, &movement.payee, movement.money);
    let given = movement.reverses.map(|id| TransferKey {
        id,
        payer: to.clone(),
    });
    let Some((of, received)) = given.and_then(|of| {
        let received = state
            .receipts
            .get(&of)?
            .as_ref()
            .filter(|received| received.payee == *from)?;
        Some((of, received.money))
    }) else {
        let id = movement.reverses.map(|id| id.to_string()).unwrap_or_default();
        let detail = format!("{from} has not received a transfer {id} from {to}");
        return Err(Refusal::new(Reason::TransferNotFound, detail));
    };
    let back = state
        .reversals
        .iter()
        .filter(|(_, reversal)| reversal.live && reversal.of == of);
    let back: i64 = back.fold(0, |sum, (_, reversal)| sum.saturating_add(reversal.amount));
    let left = received.amount.minor().saturating_sub(back);
    if received.currency == money.currency && money.amount.minor() <= left {
        return Ok(());
    }
    let left = received.currency.format_minor(left);
    let (code, id) = (received.currency, of.id);
    let detail = format!("{left} {code} of {received} is left of transfer {id}, {money} can't be given back");
    Err(Refusal::new(Reason::ExceedsTransfer, detail))
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
    check_open(payee, account)?;
    let bound = account.received.checked_add(account.promised);
    match bound.and_then(|bound| bound.checked_add(movement.money.amount.minor())) {
        Some(_) => Ok(()),
        None => {
            let detail = format_args!("{payee}'s total of credits would overflow");
            Err(Refusal::new(Reason::CeilingReached, detail))
        }
    }
}

fn check_open(name: &AccountId, account: Account) -> Result<(), Refusal> {
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

/// Decides on an operator's request.
pub(crate) fn request(state: &State, request: &Request, place: Place) -> Option<Fact> {
    let name = &request.account;
    let decided = check_shard(name, place.shard, place.shards).and_then(|()| match &request.order {
        Ok(
            Order::Transfer(_) | Order::Reserve(..) | Order::Confirm(_) | Order::Cancel | Order::Reverse(_),
        ) => Ok(None),
        Ok(Order::Open(currency, overdraft)) => open(state, name, *currency, *overdraft).map(Some),
        Ok(Order::Freeze) => {
            let account = opened(state, name)?;
            check_open(name, account).map(|()| Some(Fact::Account(name.clone(), AccountFact::AccountFrozen)))
        }
        Ok(Order::Unfreeze) => unfreeze(name, opened(state, name)?).map(Some),
        Ok(Order::Close) => {
            let account = opened(state, name)?;
            check_open(name, account).map(|()| Some(Fact::Account(name.clone(), AccountFact::AccountClosing)))
        }
        Err(refusal) => Err(refusal.clone()),
    });
    decided.unwrap_or_else(|refusal| {
        Some(Fact::Request(
            name.clone(),
            RequestFact::RequestRefused(request.verb, refusal),
        ))
    })
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
    if let Some(account) = state.account(name, currency) {
        let mut detail = format!("{name} is already open in {currency}");
        if account.overdraft != overdraft {
            let [then, now] = [account.overdraft, overdraft].map(|overdraft| overdraft.format(currency));
            detail =
                format!("{detail}, with \"overdraft\" {then:?}, now {now:?}: the overdraft stays unchanged");
        }
        return Err(Refusal::new(Reason::AlreadyOpen, detail));
    }
    if let Some((_, account)) = state.currencies(name).next() {
        check_open(name, account)?;
    }
    Ok(Fact::Account(
        name.clone(),
        AccountFact::AccountOpened(currency, overdraft),
    ))
}

fn unfreeze(name: &AccountId, account: Account) -> Result<Fact, Refusal> {
    match account.standing {
        Standing::Frozen => Ok(Fact::Account(name.clone(), AccountFact::AccountUnfrozen)),
        Standing::Open => Err(Refusal::new(
            Reason::NotFrozen,
            format_args!("{name} is not frozen"),
        )),
        Standing::Closing | Standing::Closed => {
            check_open(name, account).map(|()| Fact::Account(name.clone(), AccountFact::AccountUnfrozen))
        }
    }
}
