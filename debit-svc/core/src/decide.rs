//! The decisions. Each is a function of the state and one input.

use jiff::Timestamp;
use wallet_contract::event::{
    AccountFact, Event, Fact, Failure, Movement, MovementFact, Overdraft, RequestFact, Terms, check_shard,
};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::{Amount, Money};
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::{Hold, Order, Request};
use wallet_contract::subject::Verb;
use wallet_kernel::{Due, Place, Standing};

use crate::refuse;
use crate::state::{Account, State};
use wallet_kernel::phase::{Rule, Signal, rule};
use wallet_kernel::transfer::Transfer;

/// Decides on a payer's request, by the phase of the transfer. A refused transfer burns its id.
pub(crate) fn request(state: &State, request: &Request, at_us: i64, place: Place) -> Option<Fact> {
    let (payer, signal) = (&request.account, Signal::of_verb(request.verb)?);
    let transfer = state.transfers.get(&TransferKey {
        id: request.transfer,
        payer: payer.clone(),
    });
    let burn = |refusal| {
        Some(Fact::Request(
            payer.clone(),
            RequestFact::DebitRefused(None, None, refusal),
        ))
    };
    let refuse = |refusal| {
        Some(Fact::Request(
            payer.clone(),
            RequestFact::RequestRefused(request.verb, refusal),
        ))
    };
    let Some(transfer) = transfer else {
        let order = check_shard(payer, place.shard, place.shards).and_then(|()| request.order.clone());
        return match (rule(None, signal), order) {
            (_, Err(refusal)) => burn(refusal),
            (Rule::Pay, Ok(Order::Transfer(movement))) => Some(pay(state, movement)),
            (Rule::Hold, Ok(Order::Reserve(movement, terms))) => Some(hold(state, movement, terms, at_us)),
            (Rule::Bar, Ok(Order::Cancel)) => {
                Some(Fact::Request(payer.clone(), RequestFact::ReservationBarred))
            }
            (_, Ok(_)) => burn(refuse::unknown()),
        };
    };
    let order = match &request.order {
        Ok(order) => order,
        Err(refusal) => return refuse(refusal.clone()),
    };
    match rule(Some(transfer.phase), signal) {
        Rule::TooLate(reason) => refuse(refuse::too_late(transfer, reason)),
        Rule::Release(failure) => release(transfer, failure, &refuse::cancelled(payer)),
        Rule::Defer => match confirmed(transfer, order) {
            Ok(movement) => Some(Fact::Movement(movement, MovementFact::ConfirmationDeferred)),
            Err(refusal) => refuse(refusal),
        },
        Rule::Capture => match confirmed(transfer, order) {
            Ok(movement) => Some(debited(movement)),
            Err(refusal) => refuse(refusal),
        },
        Rule::Reused
        | Rule::Pay
        | Rule::Hold
        | Rule::Burn
        | Rule::Bar
        | Rule::Promise
        | Rule::GiveBack
        | Rule::Complete
        | Rule::Ignore
        | Rule::Never => refuse(refuse::reused(transfer, order, at_us)),
    }
}

/// Decides on an event of credit-svc: either an account is closing, or a transfer that is paid here has moved on.
pub(crate) fn event(state: &State, event: &Event, at_us: i64) -> Option<Fact> {
    if let Fact::Account(account, AccountFact::AccountClosing) = &event.fact {
        return Some(closure(state, account));
    }
    let signal = Signal::of_fact(&event.fact)?;
    let payer = event.fact.account();
    let transfer = state.transfers.get(&TransferKey {
        id: event.transfer,
        payer: payer.clone(),
    });
    let phase = transfer.map(|transfer| transfer.phase);
    match (rule(phase, signal), &event.fact, transfer) {
        (Rule::Pay, Fact::Movement(movement, MovementFact::ReversalGranted), _) => {
            Some(pay(state, movement.clone()))
        }
        (Rule::Burn, Fact::Request(payer, RequestFact::ReversalDenied(movement, refusal)), _) => {
            Some(Fact::Request(
                payer.clone(),
                RequestFact::DebitRefused(movement.clone(), None, refusal.clone()),
            ))
        }
        (Rule::Reused, Fact::Request(_, RequestFact::ReversalDenied(None, refusal)), Some(_)) => Some(
            Fact::Request(payer, RequestFact::RequestRefused(Verb::Reverse, refusal.clone())),
        ),
        (Rule::Reused, fact, Some(transfer)) => {
            let order = Order::Reverse(fact.movement()?.clone());
            let refusal = refuse::reused(transfer, &order, at_us);
            Some(Fact::Request(
                payer,
                RequestFact::RequestRefused(Verb::Reverse, refusal),
            ))
        }
        (Rule::Promise, _, Some(transfer)) => {
            let reservation = transfer.reservation.as_ref()?;
            let all = reservation
                .auto_confirm
                .then(|| confirmed(transfer, &Order::Confirm(None)));
            all?.ok().map(debited)
        }
        (Rule::Capture, _, Some(transfer)) => {
            let captured = transfer.reservation.as_ref()?.captured;
            transfer
                .movement
                .as_ref()
                .map(|held| debited(part(held, captured)))
        }
        (Rule::Release(failure), Fact::Movement(_, MovementFact::CreditRefused(refusal)), Some(transfer)) => {
            release(transfer, failure, refusal)
        }
        (Rule::GiveBack, Fact::Movement(movement, MovementFact::CreditRefused(refusal)), _) => Some(
            Fact::Movement(movement.clone(), MovementFact::DebitReversed(refusal.clone())),
        ),
        _ => None,
    }
}

/// Releases a reservation whose time is up.
pub(crate) fn due(state: &State, due: &Due, now_us: i64) -> Option<Fact> {
    let transfer = state.transfers.get(&due.transfer)?;
    let reservation = transfer.reservation.as_ref()?;
    let expires = Timestamp::from_microsecond(reservation.expires_us).ok()?;
    let Rule::Release(failure) = rule(Some(transfer.phase), Signal::Due) else {
        return None;
    };
    if reservation.expires_us > now_us {
        return None;
    }
    let refusal = Refusal::new(Reason::Expired, format_args!("not confirmed by {expires}"));
    release(transfer, failure, &refusal)
}

fn debited(movement: Movement) -> Fact {
    Fact::Movement(movement, MovementFact::AccountDebited)
}

fn release(transfer: &Transfer, failure: Failure, refusal: &Refusal) -> Option<Fact> {
    let movement = transfer.movement.clone()?;
    Some(Fact::Movement(
        movement,
        MovementFact::ReservationReleased(failure, refusal.clone()),
    ))
}

fn pay(state: &State, movement: Movement) -> Fact {
    match may_pay(state, &movement) {
        Ok(()) => debited(movement),
        Err(refusal) => Fact::Request(
            movement.payer.clone(),
            RequestFact::DebitRefused(Some(movement), None, refusal),
        ),
    }
}

/// Holds money from `at_us`, when the log stored the request, for as long as the request asks.
fn hold(state: &State, movement: Movement, hold: Hold, at_us: i64) -> Fact {
    let terms = Terms {
        expires: Timestamp::from_microsecond(hold.expires_us(at_us)).unwrap_or(Timestamp::MAX),
        auto_confirm: hold.auto_confirm,
    };
    match may_pay(state, &movement) {
        Ok(()) => Fact::Movement(movement, MovementFact::FundsReserved(terms)),
        Err(refusal) => Fact::Request(
            movement.payer.clone(),
            RequestFact::DebitRefused(Some(movement), Some(Box::new(terms)), refusal),
        ),
    }
}

/// The movement that a confirmation makes: everything held, or the part that it names.
fn confirmed(transfer: &Transfer, order: &Order) -> Result<Movement, Refusal> {
    let held = transfer.movement.as_ref().ok_or_else(refuse::unknown)?;
    let Order::Confirm(Some(money)) = order else {
        return Ok(part(held, None));
    };
    refuse::more_than_held(held, *money)?;
    Ok(part(held, Some(money.amount)))
}

/// Part of a held movement, as a movement of its own.
fn part(held: &Movement, amount: Option<Amount>) -> Movement {
    let reserved = held.money.amount;
    Movement {
        money: Money {
            amount: amount.unwrap_or(reserved),
            ..held.money
        },
        reserved: Some(reserved),
        ..held.clone()
    }
}

/// Whether an account may pay or hold this amount. Held money is no longer available, so it counts towards a limit.
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
    let refused = |reason, how| Err(Refusal::new(reason, format_args!("{payer} is {how}")));
    match account.standing {
        Standing::Open | Standing::Closing => {}
        Standing::Frozen => return refused(Reason::AccountFrozen, "frozen"),
        Standing::Closed => return refused(Reason::AccountClosed, "closed"),
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
    let bound = account.held.checked_add(account.in_transit);
    match (left, bound.and_then(|bound| bound.checked_add(amount))) {
        (Some(_), Some(_)) => Ok(()),
        (None, _) if account.overdraft != Overdraft::Unlimited => {
            Err(refuse::insufficient(movement, &account))
        }
        _ => Err(Refusal::new(
            Reason::CeilingReached,
            format_args!("{payer}'s balance would overflow"),
        )),
    }
}

/// Decides whether an account may close: it must be at zero in all its currencies, with nothing held and nothing in transit.
///
/// credit-svc stops crediting the account before it asks, and all its earlier credits come earlier in the log. So the answer
/// is exact.
fn closure(state: &State, name: &AccountId) -> Fact {
    let at_zero = |account: &Account| (account.available, account.held, account.in_transit) == (0, 0, 0);
    let busy = state.currencies(name).find(|(_, account)| !at_zero(account));
    match busy {
        None => Fact::Account(name.clone(), AccountFact::ClosureAccepted),
        Some((currency, account)) => {
            let [available, held, in_transit] = [account.available, account.held, account.in_transit]
                .map(|minor| format!("{} {currency}", currency.format_minor(minor)));
            let detail = format!("{name} has {available} available, {held} held and {in_transit} in transit");
            Fact::Account(
                name.clone(),
                AccountFact::ClosureRefused(Refusal::new(Reason::BalanceNotZero, detail)),
            )
        }
    }
}
