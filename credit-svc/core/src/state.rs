//! The state of credit-svc: the register of accounts, promises and reversals.

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
    /// Promises, by the reservation's key.
    pub promises: BTreeSet<TransferKey>,
    /// Reversals, by their own key.
    pub reversals: BTreeSet<TransferKey>,
    /// Transfers to give back, with all their reversals.
    pub reversed: BTreeSet<TransferKey>,
}

impl Keys {
    /// Adds what a reversal touches: itself, and the transfer that it gives back, whose payer becomes the payee.
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
    /// Whether it may receive. The same in all currencies.
    pub standing: Standing,
    /// The overdraft limit, which is announced to debit-svc.
    pub overdraft: Overdraft,
    /// Everything it has ever received, in minor units. The type's range is the ceiling: no balance can exceed this sum, so no
    /// balance ever overflows.
    pub received: i64,
    /// Promised and not received yet. Counts towards the ceiling.
    pub promised: i64,
}

/// Whether a promise is binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseStanding {
    /// Binding.
    Open,
    /// Ended: what was confirmed has been credited.
    Kept,
    /// Ended: the reservation was released.
    Released,
}

wallet_kernel::words!(PromiseStanding "promise standing" {
    Open = "open",
    Kept = "kept",
    Released = "released",
});

/// A promise that a reservation's payee will be credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The most it covers, in minor units.
    pub amount: i64,
    /// Whether it is binding.
    pub standing: PromiseStanding,
}

/// A transfer that gives back another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// The transfer that it gives back.
    pub of: TransferKey,
    /// How much, in minor units of that transfer's currency.
    pub amount: i64,
    /// Whether it still counts: it has not failed.
    pub live: bool,
}

/// The rows, as loaded and then changed by the batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By name and currency.
    pub accounts: Rows<(AccountId, Currency), Account>,
    /// By reservation.
    pub promises: Rows<TransferKey, Promise>,
    /// By the reversal's own key.
    pub reversals: Rows<TransferKey, Reversal>,
    /// The credits of the transfers to give back; `None` for a transfer that was not credited.
    pub receipts: BTreeMap<TransferKey, Option<Movement>>,
}

impl State {
    /// The account in each currency it was opened in.
    pub fn currencies(&self, name: &AccountId) -> impl Iterator<Item = (Currency, Account)> {
        self.accounts
            .iter()
            .filter(move |((n, _), _)| n == name)
            .map(|((_, currency), row)| (*currency, *row))
    }

    /// The account in one currency. `@world` exists from the start.
    pub fn account(&self, name: &AccountId, currency: Currency) -> Option<Account> {
        let row = self.accounts.get(&(name.clone(), currency)).copied();
        row.or_else(|| name.is_world().then(world))
    }

    /// Applies an event. This cannot fail: a decision stands.
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
            AccountFact::AccountFrozen => self.set_standing(name, Standing::Frozen),
            AccountFact::AccountUnfrozen | AccountFact::ClosureRefused(_) => {
                self.set_standing(name, Standing::Open);
            }
            AccountFact::AccountClosing => self.set_standing(name, Standing::Closing),
            AccountFact::AccountClosed => self.set_standing(name, Standing::Closed),
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

    fn set_standing(&mut self, name: &AccountId, standing: Standing) {
        let currencies: Vec<Currency> = self.currencies(name).map(|(currency, _)| currency).collect();
        for currency in currencies {
            self.accounts.change(&(name.clone(), currency), world, |account| {
                account.standing = standing;
            });
        }
    }

    /// Ends a promise, if there is one and it is binding.
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

    /// Marks a reversal as failed: debit-svc refused it, or its debit was given back.
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

/// The outside world, which can receive in every currency from the start.
fn world() -> Account {
    Account {
        standing: Standing::Open,
        overdraft: Overdraft::Unlimited,
        received: 0,
        promised: 0,
    }
}
