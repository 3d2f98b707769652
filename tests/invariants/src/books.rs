//! The checker's own books: the balance of each account, computed from the logs alone.
//!
//! Held and in-transit money is tracked per flow: a debit adds its amount to the flow, and a credit or reversal removes what
//! that flow had added, whatever amount the event names. Money that is credited twice, or never debited, therefore shows in the
//! sum.

use std::collections::BTreeMap;

use wallet_contract::event::{AccountFact, Fact, Movement, MovementFact, Overdraft};
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;

use crate::flow::Flow;
use crate::{Breach, hold};

/// Available, held, in transit. Wider than the services' numbers, so that sums over corrupt logs fit too.
pub type Balance = [i128; 3];

/// All balances, their sums and limits.
#[derive(Debug, Default)]
pub struct Books {
    /// The balance of each account that ever moved money.
    pub balances: BTreeMap<(AccountId, Currency), Balance>,
    limits: BTreeMap<(AccountId, Currency), Overdraft>,
    sums: BTreeMap<Currency, i128>,
}

impl Books {
    /// Books an event of a flow and checks the resulting balances.
    pub fn book(&mut self, fact: &Fact, flow: &mut Flow) -> Result<(), Breach> {
        if let Fact::Account(name, AccountFact::AccountOpened(currency, overdraft)) = fact {
            self.limits.insert((name.clone(), *currency), *overdraft);
            return Ok(());
        }
        let Fact::Movement(movement, moved) = fact else {
            return Ok(());
        };
        let (payer, amount) = (&movement.payer, i128::from(movement.money.amount.minor()));
        match moved {
            MovementFact::FundsReserved(..) => {
                flow.held += amount;
                self.shift(payer, movement, [-amount, amount, 0]);
            }
            MovementFact::ReservationReleased(..) => {
                let held = std::mem::take(&mut flow.held);
                self.shift(payer, movement, [amount, -held, 0]);
            }
            MovementFact::AccountDebited => {
                let held = std::mem::take(&mut flow.held);
                flow.in_transit += amount;
                self.shift(
                    payer,
                    movement,
                    [i128::from(movement.held()) - amount, -held, amount],
                );
            }
            MovementFact::AccountCredited => {
                let in_transit = std::mem::take(&mut flow.in_transit);
                self.shift(payer, movement, [0, 0, -in_transit]);
                self.shift(&movement.payee, movement, [amount, 0, 0]);
            }
            MovementFact::DebitReversed(..) => {
                let in_transit = std::mem::take(&mut flow.in_transit);
                self.shift(payer, movement, [amount, 0, -in_transit]);
            }
            MovementFact::CreditRefused(_)
            | MovementFact::CreditPromised(_)
            | MovementFact::ConfirmationDeferred
            | MovementFact::ReversalGranted
            | MovementFact::TransferSettled => return Ok(()),
        }
        self.invariant_conserved(fact, movement)?;
        self.invariant_floor(fact, movement)
    }

    /// Σ available + held + in transit = 0 at every prefix of the log, including `@world`.
    fn invariant_conserved(&self, fact: &Fact, movement: &Movement) -> Result<(), Breach> {
        let sum = self.sums.get(&movement.money.currency).copied().unwrap_or(0);
        hold("invariant_conserved", sum == 0, || {
            format!(
                "the sum is {sum} after {} of {} {} -> {}",
                fact.kind(),
                movement.money,
                movement.payer,
                movement.payee
            )
        })
    }

    /// No account falls below its floor, and no held or in-transit amount is negative.
    fn invariant_floor(&self, fact: &Fact, movement: &Movement) -> Result<(), Breach> {
        let key = (movement.payer.clone(), movement.money.currency);
        let balance = self.balances.get(&key).copied().unwrap_or_default();
        let holds = is_sound(&key.0, self.limits.get(&key).copied(), balance);
        hold("invariant_floor", holds, || {
            let ([available, held, in_transit], kind) = (balance, fact.kind());
            format!(
                "{} has {available}, {held} held, {in_transit} in transit after {kind}",
                movement.payer
            )
        })
    }

    fn shift(&mut self, name: &AccountId, movement: &Movement, change: Balance) {
        let currency = movement.money.currency;
        let balance = self.balances.entry((name.clone(), currency)).or_default();
        for (sum, change) in balance.iter_mut().zip(change) {
            *sum += change;
        }
        *self.sums.entry(currency).or_default() += change.iter().sum::<i128>();
    }
}

/// Whether an account is above its floor, and its held and in-transit amounts are not negative. The limit is that of its opening:
/// `@world` has none and is never opened.
pub(crate) fn is_sound(name: &AccountId, limit: Option<Overdraft>, balance: Balance) -> bool {
    let [available, held, in_transit] = balance;
    let floor = match limit {
        Some(Overdraft::Unlimited) => i128::MIN,
        Some(Overdraft::Limit(limit)) => -i128::from(limit),
        None if name.is_world() => i128::MIN,
        None => 0,
    };
    available >= floor && held >= 0 && in_transit >= 0
}
