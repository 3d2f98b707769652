//! What credit-svc remembers: the register of accounts.

use std::collections::{BTreeMap, BTreeSet};

use wallet_contract::event::{AccountFact, Event, Fact, Movement, MovementFact, Overdraft};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::request::Request;
use wallet_kernel::{Rows, Standing};

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

    /// Applies an event. Cannot fail: a decision stands.
    pub(crate) fn take(&mut self, event: &Event) {
        match &event.fact {
            Fact::Account(name, fact) => self.take_account(name, fact),
            Fact::Movement(movement, fact) => self.take_movement(crate::key(event), movement, fact),
            Fact::Request(..) | Fact::Message(_) => {}
        }
    }

    fn take_account(&mut self, name: &AccountId, fact: &AccountFact) {
        match fact {
            AccountFact::AccountOpened(currency, overdraft) => {
                let standing = self.currencies(name).next();
                let account = Account {
                    standing: standing.map_or(Standing::Open, |(_, account)| account.standing),
                    overdraft: *overdraft,
                    ..world()
                };
                self.accounts.create((name.clone(), *currency), account);
            }
            AccountFact::AccountFrozen => self.stand(name, Standing::Frozen),
            AccountFact::AccountUnfrozen | AccountFact::ClosureRefused(_) => self.stand(name, Standing::Open),
            AccountFact::AccountClosing => self.stand(name, Standing::Closing),
            AccountFact::AccountClosed => self.stand(name, Standing::Closed),
            AccountFact::ClosureAccepted => {}
        }
    }

    fn take_movement(&mut self, key: TransferKey, movement: &Movement, fact: &MovementFact) {
        let amount = movement.money.amount.minor();
        match fact {
            MovementFact::AccountCredited => {
                self.change(movement, |account| {
                    account.received = add(account.received, amount);
                });
                let reserved = movement.held();
                if reserved > 0 {
                    self.end_promise(&key, movement, reserved, PromiseStanding::Kept);
                }
                if let Some(receipt) = self.receipts.get_mut(&key) {
                    *receipt = Some(movement.clone());
                }
            }
            MovementFact::CreditPromised(_) => {
                let standing = PromiseStanding::Open;
                self.promises.create(key, Promise { amount, standing });
                self.change(movement, |account| {
                    account.promised = add(account.promised, amount);
                });
            }
            MovementFact::ReservationReleased(..) => {
                self.end_promise(&key, movement, amount, PromiseStanding::Released);
            }
            MovementFact::ReversalGranted => {
                if let Some(id) = movement.reverses {
                    let payer = movement.payee.clone();
                    let (of, live) = (TransferKey { id, payer }, true);
                    self.reversals.create(key, Reversal { of, amount, live });
                }
            }
            MovementFact::AccountDebited
            | MovementFact::DebitReversed(_)
            | MovementFact::CreditRefused(_)
            | MovementFact::FundsReserved(_)
            | MovementFact::ConfirmationDeferred
            | MovementFact::TransferSettled => {}
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
