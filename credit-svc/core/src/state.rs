//! What credit-svc remembers: the register of accounts.

use std::collections::BTreeSet;

use wallet_contract::decider::Rows;
use wallet_contract::event::{Event, Fact, Movement, Overdraft};
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;

/// The rows that a batch touches.
#[derive(Debug, Default)]
pub struct Keys {
    /// Accounts, in all their currencies.
    pub accounts: BTreeSet<AccountId>,
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
}

/// The rows, loaded and changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By name and currency.
    pub accounts: Rows<(AccountId, Currency), Account>,
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
                    received: 0,
                };
                self.accounts.create((name.clone(), *currency), account);
            }
            Fact::AccountFrozen(name) => self.stand(name, Standing::Frozen),
            Fact::AccountUnfrozen(name) | Fact::ClosureRefused(name, _) => self.stand(name, Standing::Open),
            Fact::AccountClosing(name) => self.stand(name, Standing::Closing),
            Fact::AccountClosed(name) => self.stand(name, Standing::Closed),
            Fact::AccountCredited(movement) => self.receive(movement),
            Fact::ClosureAccepted(_)
            | Fact::AccountDebited(_)
            | Fact::DebitRefused(..)
            | Fact::DebitReversed(..)
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
            self.accounts.change(&(name.clone(), currency), world, |account| {
                account.standing = standing;
            });
        }
    }

    fn receive(&mut self, movement: &Movement) {
        let amount = movement.money.amount.minor();
        self.accounts.change(
            &(movement.payee.clone(), movement.money.currency),
            world,
            |account| {
                let received = account.received.checked_add(amount);
                account.received = received.expect("the ceiling is checked when the credit is decided");
            },
        );
    }
}

/// The outside, which receives from the start in every currency.
fn world() -> Account {
    Account {
        standing: Standing::Open,
        overdraft: Overdraft::Unlimited,
        received: 0,
    }
}
