//! The state of debit-svc: what each account may spend, and the transfers that its accounts pay.

use std::collections::BTreeSet;

use wallet_contract::event::{AccountFact, Event, Fact, Movement, MovementFact, Overdraft, RequestFact};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::Currency;
use wallet_kernel::{Place, Rows, Standing};

use wallet_kernel::transfer::Transfer;

/// The rows that a batch touches.
#[derive(Debug, Default)]
pub struct Keys {
    /// Accounts, in all their currencies.
    pub accounts: BTreeSet<AccountId>,
    /// Transfers.
    pub transfers: BTreeSet<TransferKey>,
}

/// One currency of one account. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whether it may pay. The same in all currencies.
    pub standing: Standing,
    /// How far `available` may go below zero.
    pub overdraft: Overdraft,
    /// What it may spend. Negative if the account is overdrawn.
    pub available: i64,
    /// What is reserved for payees.
    pub held: i64,
    /// What it has paid and no payee has received yet.
    pub in_transit: i64,
}

/// The rows, as loaded and then changed by the batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By name and currency.
    pub accounts: Rows<(AccountId, Currency), Account>,
    /// By payer and id.
    pub transfers: Rows<TransferKey, Transfer>,
}

impl Account {
    /// A new account at zero.
    pub fn new(standing: Standing, overdraft: Overdraft) -> Self {
        Self {
            standing,
            overdraft,
            available: 0,
            held: 0,
            in_transit: 0,
        }
    }

    /// The outside world, open from the start and without an overdraft limit.
    pub fn world() -> Self {
        Self::new(Standing::Open, Overdraft::Unlimited)
    }
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
        row.or_else(|| name.is_world().then(Account::world))
    }

    /// Applies an event that was heard or decided at `at_us`. This cannot fail: a decision stands.
    pub(crate) fn take(&mut self, event: &Event, at_us: i64, place: Place) {
        match &event.fact {
            Fact::Account(name, fact) => self.take_account(name, fact),
            Fact::Movement(movement, fact) => self.take_movement(event, movement, fact, at_us, place),
            Fact::Request(_, RequestFact::DebitRefused(..) | RequestFact::ReservationBarred) => {
                self.transfer(event, at_us);
            }
            Fact::Request(
                _,
                RequestFact::ReversalDenied(..)
                | RequestFact::TransferFailed(..)
                | RequestFact::RequestRefused(..)
                | RequestFact::RequestRecalled(..),
            )
            | Fact::Message(_) => {}
        }
    }

    fn take_account(&mut self, name: &AccountId, fact: &AccountFact) {
        match fact {
            AccountFact::AccountOpened(currency, overdraft) => {
                let standing = self.currencies(name).next();
                let standing = standing.map_or(Standing::Open, |(_, account)| account.standing);
                // The account may have received money before its opening was heard, if that event was parked.
                let key = (name.clone(), *currency);
                let new = || Account::new(standing, *overdraft);
                self.accounts
                    .change(&key, new, |account| account.overdraft = *overdraft);
            }
            AccountFact::AccountFrozen => self.set_standing(name, Standing::Frozen),
            AccountFact::AccountUnfrozen => self.set_standing(name, Standing::Open),
            AccountFact::ClosureAccepted => self.set_standing(name, Standing::Closed),
            AccountFact::AccountClosing | AccountFact::ClosureRefused(_) | AccountFact::AccountClosed => {}
        }
    }

    fn take_movement(
        &mut self,
        event: &Event,
        movement: &Movement,
        fact: &MovementFact,
        at_us: i64,
        place: Place,
    ) {
        let payer = &movement.payer;
        match fact {
            MovementFact::AccountCredited => {
                if place.owns(&movement.payee) {
                    self.shift(&movement.payee, movement, |amount| [amount, 0, 0]);
                }
                if !place.owns(payer) {
                    return;
                }
                self.shift(payer, movement, |amount| [0, 0, opposite(amount)]);
            }
            MovementFact::AccountDebited => {
                let held = movement.held();
                let rest = |amount| {
                    held.checked_sub(amount)
                        .expect("no more is captured than is held")
                };
                self.shift(payer, movement, |amount| [rest(amount), opposite(held), amount]);
            }
            MovementFact::DebitReversed(_) => {
                self.shift(payer, movement, |amount| [amount, 0, opposite(amount)]);
            }
            MovementFact::FundsReserved(_) => {
                self.shift(payer, movement, |amount| [opposite(amount), amount, 0]);
            }
            MovementFact::ReservationReleased(..) => {
                self.shift(payer, movement, |amount| [amount, opposite(amount), 0]);
            }
            MovementFact::CreditPromised(_)
            | MovementFact::CreditRefused(_)
            | MovementFact::ConfirmationDeferred => {}
            MovementFact::ReversalGranted | MovementFact::TransferSettled => return,
        }
        self.transfer(event, at_us);
    }

    fn set_standing(&mut self, name: &AccountId, standing: Standing) {
        let currencies: Vec<Currency> = self.currencies(name).map(|(currency, _)| currency).collect();
        for currency in currencies {
            self.accounts
                .change(&(name.clone(), currency), Account::world, |account| {
                    account.standing = standing;
                });
        }
    }

    /// Adds `change`, computed from the movement's amount, to the available, held and in-transit balances.
    ///
    /// Nothing can overflow here: debits are checked by this core, credits by credit-svc's ceiling.
    fn shift(&mut self, name: &AccountId, movement: &Movement, change: impl FnOnce(i64) -> [i64; 3]) {
        let [available, held, in_transit] = change(movement.money.amount.minor());
        let add = |value: i64, change: i64| {
            let sum = value.checked_add(change);
            sum.expect("a debit is checked when it is decided, a credit by credit-svc's ceiling")
        };
        let key = (name.clone(), movement.money.currency);
        // An account that receives before its opening was heard can spend what it received, and no more.
        let new = || {
            if name.is_world() {
                Account::world()
            } else {
                Account::new(Standing::Open, Overdraft::Limit(0))
            }
        };
        self.accounts.change(&key, new, |account| {
            account.available = add(account.available, available);
            account.held = add(account.held, held);
            account.in_transit = add(account.in_transit, in_transit);
        });
    }

    /// Applies an event to the row of its transfer.
    fn transfer(&mut self, event: &Event, at_us: i64) {
        let key = TransferKey {
            id: event.transfer,
            payer: event.fact.account(),
        };
        if self.transfers.get(&key).is_none() {
            if let Some(new) = Transfer::started_by(event, at_us) {
                self.transfers.create(key, new);
            }
            return;
        }
        let unreached = || unreachable!("the row is there");
        self.transfers
            .change(&key, unreached, |transfer| transfer.take(event, at_us));
    }
}

fn opposite(amount: i64) -> i64 {
    amount
        .checked_neg()
        .expect("an amount is not negative, so it has an opposite")
}
