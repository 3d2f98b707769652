//! What debit-svc remembers: accounts with what they may spend, and the transfers that they pay.

use std::collections::BTreeSet;

use wallet_contract::decider::{Place, Rows};
use wallet_contract::event::{Event, Fact, Movement, Overdraft};
use wallet_contract::id::{AccountId, TransferId, TransferKey};
use wallet_contract::money::Currency;

/// The rows that a batch touches.
#[derive(Debug, Default)]
pub struct Keys {
    /// Accounts, in all their currencies.
    pub accounts: BTreeSet<AccountId>,
    /// Transfers.
    pub transfers: BTreeSet<TransferKey>,
}

/// Whether an account may pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Open,
    /// Not for now.
    Frozen,
    /// Never again.
    Closed,
}

/// One currency of one account. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whether it may pay; the same in all currencies.
    pub standing: Standing,
    /// How far `available` may go below zero.
    pub overdraft: Overdraft,
    /// What it may spend, below zero if it has overdrawn.
    pub available: i64,
    /// What it has paid and no payee has received yet.
    pub in_transit: i64,
}

/// How far a transfer has come, as its payer's side knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Refused; its id is burned.
    Refused,
    /// Paid, and in transit.
    Debited,
    /// Received by the payee.
    Credited,
    /// Refused by the payee's side, and given back.
    Reversed,
}

/// A transfer that one of this shard's accounts pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// What was asked; nothing if the request was not sound.
    pub movement: Option<Movement>,
    /// How far it has come.
    pub phase: Phase,
}

/// The rows, loaded and changed.
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
            in_transit: 0,
        }
    }

    /// The outside, which is open from the start and may go below zero without limit.
    pub fn world() -> Self {
        Self::new(Standing::Open, Overdraft::Unlimited)
    }
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
        row.or_else(|| name.is_world().then(Account::world))
    }

    /// Takes in an event, our own or another's. Cannot fail: what is decided, is.
    pub(crate) fn take(&mut self, event: &Event, place: Place) {
        match &event.fact {
            Fact::AccountOpened(name, currency, overdraft) => {
                let standing = self
                    .currencies(name)
                    .next()
                    .map_or(Standing::Open, |(_, account)| account.standing);
                self.accounts
                    .create((name.clone(), *currency), Account::new(standing, *overdraft));
            }
            Fact::AccountFrozen(name) => self.stand(name, Standing::Frozen),
            Fact::AccountUnfrozen(name) => self.stand(name, Standing::Open),
            Fact::ClosureAccepted(name) => self.stand(name, Standing::Closed),
            Fact::AccountDebited(movement) => {
                self.shift(&movement.payer, movement, -1, 1);
                self.phase(event.transfer, movement, Phase::Debited);
            }
            Fact::DebitReversed(movement, _) => {
                self.shift(&movement.payer, movement, 1, -1);
                self.phase(event.transfer, movement, Phase::Reversed);
            }
            Fact::AccountCredited(movement) => {
                if place.owns(&movement.payee) {
                    self.shift(&movement.payee, movement, 1, 0);
                }
                if place.owns(&movement.payer) {
                    self.shift(&movement.payer, movement, 0, -1);
                    self.phase(event.transfer, movement, Phase::Credited);
                }
            }
            Fact::DebitRefused(payer, movement, _) => {
                let key = TransferKey {
                    id: event.transfer,
                    payer: payer.clone(),
                };
                self.transfers.create(
                    key,
                    Transfer {
                        movement: movement.clone(),
                        phase: Phase::Refused,
                    },
                );
            }
            Fact::AccountClosing(_)
            | Fact::ClosureRefused(..)
            | Fact::AccountClosed(_)
            | Fact::CreditRefused(..)
            | Fact::TransferSettled(_)
            | Fact::TransferFailed(..)
            | Fact::RequestRefused(..)
            | Fact::MessageParked(_) => {}
        }
    }

    fn stand(&mut self, name: &AccountId, standing: Standing) {
        let currencies: Vec<Currency> = self.currencies(name).map(|(currency, _)| currency).collect();
        for currency in currencies {
            self.accounts
                .change(&(name.clone(), currency), Account::world, |account| {
                    account.standing = standing;
                });
        }
    }

    /// Adds the movement's amount to `available` and `in_transit`, each times 1, 0 or -1.
    ///
    /// The deciders leave no room for an overflow: a debit is checked here, a credit by credit-svc's ceiling.
    fn shift(&mut self, name: &AccountId, movement: &Movement, available: i64, in_transit: i64) {
        let amount = movement.money.amount.minor();
        let add = |value: i64, times: i64| {
            let sum = amount
                .checked_mul(times)
                .and_then(|change| value.checked_add(change));
            sum.expect("a debit is checked when it is decided, a credit by credit-svc's ceiling")
        };
        self.accounts.change(
            &(name.clone(), movement.money.currency),
            Account::world,
            |account| {
                account.available = add(account.available, available);
                account.in_transit = add(account.in_transit, in_transit);
            },
        );
    }

    fn phase(&mut self, id: TransferId, movement: &Movement, phase: Phase) {
        let key = TransferKey {
            id,
            payer: movement.payer.clone(),
        };
        let new = || Transfer {
            movement: Some(movement.clone()),
            phase,
        };
        self.transfers
            .change(&key, new, |transfer| transfer.phase = phase);
    }
}
