//! What credit-svc remembers: the register of accounts.

use std::collections::{BTreeMap, BTreeSet};

use wallet_contract::decider::Rows;
use wallet_contract::event::{Event, Fact, Movement, Overdraft};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::request::Request;

/// The rows that a batch touches.
#[derive(Debug, Default)]
pub struct Keys {
    /// Accounts, in all their currencies.
    pub accounts: BTreeSet<AccountId>,
    /// Promises, by the reservation.
    pub promises: BTreeSet<TransferKey>,
    /// Reversals, by their own key.
    pub reversals: BTreeSet<TransferKey>,
    /// What is to be given back: the transfers, with all their reversals.
    pub reversed: BTreeSet<TransferKey>,
}

impl Keys {
    /// What a reversal touches: itself, and the transfer that it gives back, whose payer is now paid.
    pub(crate) fn reverse(&mut self, request: &Request, movement: &Movement) {
        self.reversals.insert(TransferKey {
            id: request.transfer,
            payer: request.account.clone(),
        });
        self.reversed.extend(movement.reverses.map(|id| TransferKey {
            id,
            payer: movement.payee.clone(),
        }));
    }
}

/// Whether an account may receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Open,
    /// Not for now.
    Frozen,
    /// Not until debit-svc has said whether it is at zero.
    Closing,
    /// Never again.
    Closed,
}

wallet_kernel::words!(Standing "standing" {
    Open = "open",
    Frozen = "frozen",
    Closing = "closing",
    Closed = "closed",
});

/// One currency of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whether it may receive; the same in all currencies.
    pub standing: Standing,
    /// How far it may be overdrawn; announced to debit-svc.
    pub overdraft: Overdraft,
    /// All it has ever received, minor units. What can be counted is the ceiling: no balance can be above it, so no
    /// balance ever overflows.
    pub received: i64,
    /// What it was promised and has not received yet; the ceiling counts it.
    pub promised: i64,
}

/// Whether a promise binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseStanding {
    /// It does.
    Open,
    /// What was confirmed has been credited.
    Kept,
    /// The reservation was released.
    Released,
}

wallet_kernel::words!(PromiseStanding "promise standing" {
    Open = "open",
    Kept = "kept",
    Released = "released",
});

/// That a reservation's payee will be credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// Up to how much, minor units.
    pub amount: i64,
    /// Whether it binds.
    pub standing: PromiseStanding,
}

/// A transfer that gives back another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// Which one.
    pub of: TransferKey,
    /// How much, minor units of its currency.
    pub amount: i64,
    /// Whether it has not failed.
    pub live: bool,
}

/// The rows, loaded and changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By name and currency.
    pub accounts: Rows<(AccountId, Currency), Account>,
    /// By reservation.
    pub promises: Rows<TransferKey, Promise>,
    /// By their own key.
    pub reversals: Rows<TransferKey, Reversal>,
    /// What was credited of the transfers that are to be given back; nothing of those that were not.
    pub receipts: BTreeMap<TransferKey, Option<Movement>>,
}

impl State {
    /// All currencies of an account that was opened.
    pub fn currencies(&self, name: &AccountId) -> impl Iterator<Item = (Currency, Account)> {
        self.accounts
            .iter()
            .filter(move |((n, _), _)| n == name)
            .map(|((_, currency), row)| (*currency, *row))
    }

    /// An account in one currency; `@world` is there from the start.
    pub fn account(&self, name: &AccountId, currency: Currency) -> Option<Account> {
        let row = self.accounts.get(&(name.clone(), currency)).copied();
        row.or_else(|| name.is_world().then(world))
    }

    /// Takes in an event, our own or another's. Cannot fail: what is decided, is.
    pub(crate) fn take(&mut self, event: &Event) {
        match &event.fact {
            Fact::AccountOpened(name, currency, overdraft) => {
                let standing = self
                    .currencies(name)
                    .next()
                    .map_or(Standing::Open, |(_, account)| account.standing);
                let account = Account {
                    standing,
                    overdraft: *overdraft,
                    ..world()
                };
                self.accounts.create((name.clone(), *currency), account);
            }
            Fact::AccountFrozen(name) => self.stand(name, Standing::Frozen),
            Fact::AccountUnfrozen(name) | Fact::ClosureRefused(name, _) => self.stand(name, Standing::Open),
            Fact::AccountClosing(name) => self.stand(name, Standing::Closing),
            Fact::AccountClosed(name) => self.stand(name, Standing::Closed),
            Fact::AccountCredited(movement) => {
                self.receive(movement);
                let (key, reserved) = (crate::key(event), movement.held());
                if reserved > 0 {
                    self.end_promise(&key, movement, reserved, PromiseStanding::Kept);
                }
                if let Some(receipt) = self.receipts.get_mut(&key) {
                    *receipt = Some(movement.clone());
                }
            }
            Fact::CreditPromised(movement, _) => {
                let (amount, standing) = (movement.money.amount.minor(), PromiseStanding::Open);
                self.promises
                    .create(crate::key(event), Promise { amount, standing });
                self.change(movement, |account| {
                    account.promised = add(account.promised, amount);
                });
            }
            Fact::ReservationReleased(movement, ..) => {
                let reserved = movement.money.amount.minor();
                self.end_promise(&crate::key(event), movement, reserved, PromiseStanding::Released);
            }
            Fact::ReversalGranted(movement) => {
                let of = movement.reverses.map(|id| TransferKey {
                    id,
                    payer: movement.payee.clone(),
                });
                let amount = movement.money.amount.minor();
                if let Some(of) = of {
                    let reversal = Reversal {
                        of,
                        amount,
                        live: true,
                    };
                    self.reversals.create(crate::key(event), reversal);
                }
            }
            Fact::ClosureAccepted(_)
            | Fact::AccountDebited(_)
            | Fact::DebitRefused(..)
            | Fact::DebitReversed(..)
            | Fact::CreditRefused(..)
            | Fact::FundsReserved(..)
            | Fact::ConfirmationDeferred(_)
            | Fact::ReservationBarred(_)
            | Fact::ReversalDenied(..)
            | Fact::TransferSettled(_)
            | Fact::TransferFailed(..)
            | Fact::RequestRefused(..)
            | Fact::RequestRecalled(..)
            | Fact::MessageParked(_)
            | Fact::MessageResolved(_) => {}
        }
    }

    fn stand(&mut self, name: &AccountId, standing: Standing) {
        let currencies: Vec<Currency> = self.currencies(name).map(|(currency, _)| currency).collect();
        for currency in currencies {
            self.accounts.change(&(name.clone(), currency), world, |account| {
                account.standing = standing;
            });
        }
    }

    fn receive(&mut self, movement: &Movement) {
        let amount = movement.money.amount.minor();
        self.change(movement, |account| {
            account.received = add(account.received, amount);
        });
    }

    /// Ends a promise, if one was made and binds.
    fn end_promise(
        &mut self,
        key: &TransferKey,
        movement: &Movement,
        amount: i64,
        standing: PromiseStanding,
    ) {
        let binds = |promise: &Promise| promise.standing == PromiseStanding::Open;
        if !self.promises.get(key).is_some_and(binds) {
            return;
        }
        let new = || Promise { amount, standing };
        self.promises
            .change(key, new, |promise| promise.standing = standing);
        let less = amount.checked_neg().unwrap_or(0);
        self.change(movement, |account| {
            account.promised = add(account.promised, less);
        });
    }

    /// A reversal that debit-svc refused, or whose debit was given back, gives nothing back.
    pub(crate) fn undo_reversal(&mut self, key: &TransferKey) {
        if let Some(reversal) = self.reversals.get(key).cloned() {
            self.reversals
                .change(key, || reversal, |reversal| reversal.live = false);
        }
    }

    fn change(&mut self, movement: &Movement, change: impl FnOnce(&mut Account)) {
        let key = (movement.payee.clone(), movement.money.currency);
        self.accounts.change(&key, world, change);
    }
}

fn add(sum: i64, change: i64) -> i64 {
    sum.checked_add(change)
        .expect("the ceiling is checked when a credit or a promise is decided")
}

/// The outside, which receives from the start in every currency.
fn world() -> Account {
    Account {
        standing: Standing::Open,
        overdraft: Overdraft::Unlimited,
        received: 0,
        promised: 0,
    }
}
