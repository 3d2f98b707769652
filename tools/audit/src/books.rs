//! The audit's own books: accounts' balances and floors, and the amounts in transit. They are independent of the ledger's.
//!
//! Held and in-transit amounts are tracked per flow: a debit puts its amount in transit, and a credit or reversal removes what
//! its own flow had put there, whatever amount it names. So money that is credited twice, or never debited, shows in the sum.

use std::collections::BTreeMap;

use wallet_contract::event::Overdraft;
use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;

/// An account's number in these books: shorter than its name, for a million flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountNo(u32);

/// One currency of one account, in minor units. Wider than the services' type, so that even sums of broken logs fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// The amount that it may spend.
    pub available: i128,
    /// The amount that it has reserved for others.
    pub held: i128,
    /// The amount that it has paid and no account has received.
    pub in_transit: i128,
    /// The lowest permitted `available`; none if there is no limit.
    floor: Option<i128>,
}

impl Balance {
    fn is_below(&self) -> bool {
        self.floor.is_some_and(|floor| self.available < floor)
    }

    /// The lowest permitted available amount.
    pub fn floor(&self) -> i128 {
        self.floor.unwrap_or(i128::MIN)
    }
}

/// All balances, and their sums.
#[derive(Debug, Default)]
pub struct Books {
    names: Vec<AccountId>,
    numbers: BTreeMap<AccountId, AccountNo>,
    balances: BTreeMap<(AccountNo, Currency), Balance>,
    sums: BTreeMap<Currency, i128>,
}

/// The effect of one booking on the invariants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// The surplus of that currency that came from nowhere; set when it changes.
    pub made: Option<i128>,
    /// The balance, if this booking lowered it below its floor.
    pub below_floor: Option<Balance>,
}

impl Books {
    /// The number of an account.
    pub fn number(&mut self, name: &AccountId) -> AccountNo {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = AccountNo(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    /// The number of an account, if it has one.
    pub fn find(&self, name: &AccountId) -> Option<AccountNo> {
        self.numbers.get(name).copied()
    }

    /// The name of an account.
    pub fn name(&self, number: AccountNo) -> &str {
        self.names.get(number.0 as usize).map_or("?", AccountId::as_str)
    }

    /// Opens an account in a currency, with its floor.
    pub fn open(&mut self, account: AccountNo, currency: Currency, overdraft: Overdraft) {
        self.balance(account, currency).floor = match overdraft {
            Overdraft::Limit(limit) => Some(-i128::from(limit)),
            Overdraft::Unlimited => None,
        };
    }

    /// The payer reserves `amount`.
    pub fn hold(&mut self, payer: AccountNo, currency: Currency, amount: i64) -> Effect {
        let balance = self.balance(payer, currency);
        balance.available -= i128::from(amount);
        balance.held += i128::from(amount);
        Effect {
            made: None,
            below_floor: balance.is_below().then_some(*balance),
        }
    }

    /// `amount` is available to the payer again; `held` is what its flow had held.
    pub fn release(&mut self, payer: AccountNo, currency: Currency, amount: i64, held: i64) -> Effect {
        let balance = self.balance(payer, currency);
        balance.available += i128::from(amount);
        balance.held -= i128::from(held);
        self.made(currency, i128::from(amount) - i128::from(held))
    }

    /// The payer pays: the amount goes into transit.
    pub fn debit(&mut self, payer: AccountNo, currency: Currency, amount: i64) -> Effect {
        let balance = self.balance(payer, currency);
        balance.available -= i128::from(amount);
        balance.in_transit += i128::from(amount);
        Effect {
            made: None,
            below_floor: balance.is_below().then_some(*balance),
        }
    }

    /// An account receives `amount`: the payee, or the payer again; `in_transit` is what the payer's flow had there.
    pub fn receive(
        &mut self,
        (payer, receiver): (AccountNo, AccountNo),
        currency: Currency,
        amount: i64,
        in_transit: i64,
    ) -> Effect {
        self.balance(receiver, currency).available += i128::from(amount);
        self.balance(payer, currency).in_transit -= i128::from(in_transit);
        self.made(currency, i128::from(amount) - i128::from(in_transit))
    }

    fn made(&mut self, currency: Currency, made: i128) -> Effect {
        let sum = self.sums.entry(currency).or_default();
        *sum += made;
        Effect {
            made: (made != 0).then_some(*sum),
            below_floor: None,
        }
    }

    fn balance(&mut self, account: AccountNo, currency: Currency) -> &mut Balance {
        let world = self
            .names
            .get(account.0 as usize)
            .is_some_and(AccountId::is_world);
        self.sums.entry(currency).or_default();
        // No account but the outside may be overdrawn before it was opened.
        let new = || Balance {
            floor: if world { None } else { Some(0) },
            ..Balance::default()
        };
        self.balances.entry((account, currency)).or_insert_with(new)
    }

    /// All balances by name and currency.
    pub fn iter(&self) -> impl Iterator<Item = ((&AccountId, Currency), Balance)> {
        self.balances.iter().filter_map(|((account, currency), balance)| {
            Some(((self.names.get(account.0 as usize)?, *currency), *balance))
        })
    }

    /// The number of currencies with bookings.
    pub fn currencies(&self) -> u64 {
        self.sums.len() as u64
    }

    /// The sum over all balances, computed afresh: the running sums must agree with it.
    pub fn recount(&self, currency: Currency) -> i128 {
        let of_currency = self.balances.iter().filter(|((_, c), _)| *c == currency);
        of_currency
            .map(|(_, balance)| balance.available + balance.held + balance.in_transit)
            .sum()
    }

    /// The running sums, by currency.
    pub fn sums(&self) -> impl Iterator<Item = (Currency, i128)> {
        self.sums.iter().map(|(currency, sum)| (*currency, *sum))
    }
}

/// Minor units as a decimal.
pub fn decimal(currency: Currency, minor: i128) -> String {
    match i64::try_from(minor) {
        Ok(minor) => format!("{} {currency}", currency.format_minor(minor)),
        Err(_) => format!("{minor} minor units of {currency}"),
    }
}
