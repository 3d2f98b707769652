//! The rows of the services, at any time: each database is somewhere in its log, and none is ahead of the others for good.

use std::collections::BTreeMap;

use wallet_contract::event::{Event, Fact, MovementFact, Overdraft};
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::{Amount, Currency};
use wallet_kernel::{Input, Phase, Place, Transfer};

use crate::books::{Balance, is_sound};
use crate::{Breach, hold};

/// An account as a service has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Available, held, in transit.
    pub balance: Balance,
    /// How far it may go below zero.
    pub overdraft: Overdraft,
}

/// All accounts of a service, on one shard or on all.
pub type Accounts = BTreeMap<(AccountId, Currency), Account>;

impl Account {
    /// An account with these balances, in minor units.
    pub fn new(balance: [i64; 3], overdraft: Overdraft) -> Self {
        Self {
            balance: balance.map(i128::from),
            overdraft,
        }
    }
}

/// All money of these accounts.
pub fn sum(accounts: &Accounts) -> i128 {
    accounts.values().flat_map(|account| account.balance).sum()
}

/// The change of a shard's money when it hears a credit whose other end may be on another shard.
pub fn one_end(input: &Input, place: Place) -> i128 {
    let Input::Event(Event {
        fact: Fact::Movement(movement, MovementFact::AccountCredited),
        ..
    }) = input
    else {
        return 0;
    };
    let here = |account| i128::from(place.owns(account));
    i128::from(movement.money.amount.minor()) * (here(&movement.payee) - here(&movement.payer))
}

/// All money of a service adds up to what it has heard at one end only: see [`one_end`].
pub fn invariant_money_is_conserved(sum: i128, one_end: i128) -> Result<(), Breach> {
    hold("invariant_money_is_conserved", sum == one_end, || {
        format!("the sum is {sum}, not {one_end}")
    })
}

/// No account falls below its floor, and no held or in-transit amount is negative.
pub fn invariant_floors(accounts: &Accounts) -> Result<(), Breach> {
    for ((name, currency), account) in accounts {
        let limit = (!name.is_world()).then_some(account.overdraft);
        let holds = is_sound(name, limit, account.balance);
        hold("invariant_floors", holds, || {
            format!("{name} {currency}: {account:?}")
        })?;
    }
    Ok(())
}

/// Each account's held and in-transit amounts are the sums over its transfers.
pub fn invariant_accounts_match_their_transfers<'r>(
    accounts: &Accounts,
    transfers: impl IntoIterator<Item = (&'r TransferKey, &'r Transfer)>,
) -> Result<(), Breach> {
    let mut expected: BTreeMap<(AccountId, Currency), [i128; 2]> = BTreeMap::new();
    for (key, row) in transfers {
        let Some(movement) = &row.movement else { continue };
        let [held, in_transit] = under_way(row, movement.money.amount);
        let sums = expected
            .entry((key.payer.clone(), movement.money.currency))
            .or_default();
        *sums = [sums[0] + i128::from(held), sums[1] + i128::from(in_transit)];
    }
    for (key, account) in accounts {
        let [_, held, in_transit] = account.balance;
        let expected = expected.remove(key).unwrap_or_default();
        hold(
            "invariant_accounts_match_their_transfers",
            [held, in_transit] == expected,
            || format!("{key:?}: {account:?}, and its transfers {expected:?}"),
        )?;
    }
    let holds = expected.values().all(|sums| *sums == [0, 0]);
    hold("invariant_accounts_match_their_transfers", holds, || {
        format!("transfers without an account: {expected:?}")
    })
}

/// What a transfer holds, and what it has in transit.
fn under_way(row: &Transfer, amount: Amount) -> [i64; 2] {
    let captured = row.reservation.and_then(|reservation| reservation.captured);
    match row.phase {
        Phase::Reserved | Phase::Confirming | Phase::Promised => [amount.minor(), 0],
        Phase::Debited => [0, amount.minor()],
        Phase::Confirmed => [0, captured.map_or(0, Amount::minor)],
        Phase::Refused
        | Phase::Credited
        | Phase::Reversed
        | Phase::Completed
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Declined => [0, 0],
    }
}
