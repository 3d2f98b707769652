//! The rows of credit-svc.

use std::collections::BTreeMap;

use credit_core::{Account, Credit, Keys, Promise, Reversal, State};
use wallet_contract::envelope;
use wallet_contract::event::{Fact, Movement};
use wallet_contract::id::{AccountId, TransferKey, derived_range};
use wallet_contract::money::Currency;
use wallet_contract::subject::Service;
use wallet_runtime::store::Outgoing;

use super::{Tables, difference};

/// The register, promises and reversals.
#[derive(Debug, Default)]
pub(crate) struct CreditTables {
    pub(crate) accounts: BTreeMap<(AccountId, Currency), Account>,
    pub(crate) promises: BTreeMap<TransferKey, Promise>,
    reversals: BTreeMap<TransferKey, Reversal>,
}

impl Tables for CreditTables {
    type Core = Credit;
    const SERVICE: Service = Service::Credit;

    fn load(&self, keys: &Keys, events: &[Outgoing]) -> State {
        let mut state = State::default();
        for (key, row) in &self.accounts {
            if keys.accounts.contains(&key.0) {
                state.accounts.load(key.clone(), *row);
            }
        }
        for key in &keys.promises {
            if let Some(row) = self.promises.get(key) {
                state.promises.load(key.clone(), *row);
            }
        }
        for (key, row) in &self.reversals {
            if keys.reversals.contains(key) || keys.reversed.contains(&row.of) {
                state.reversals.load(key.clone(), row.clone());
            }
        }
        for key in &keys.reversed {
            state.receipts.insert(key.clone(), receipt(key, events));
        }
        state
    }

    fn save(&mut self, state: &State) -> Result<(), String> {
        for ((name, currency), row) in state.accounts.written() {
            if row.received < 0 || row.promised < 0 {
                return Err(format!("account {name} {currency} would be {row:?}"));
            }
        }
        for (key, _) in state.promises.created() {
            if self.promises.contains_key(key) {
                return Err(format!("promise {key:?} is there already"));
            }
        }
        for (key, row) in state.accounts.written() {
            self.accounts.insert(key.clone(), *row);
        }
        for (key, row) in state.promises.written() {
            self.promises.insert(key.clone(), *row);
        }
        for (key, row) in state.reversals.written() {
            self.reversals.insert(key.clone(), row.clone());
        }
        Ok(())
    }

    fn differs(&self, refold: &State) -> Option<String> {
        difference(self.accounts.iter(), &refold.accounts)
            .or_else(|| difference(self.promises.iter(), &refold.promises))
            .or_else(|| difference(self.reversals.iter(), &refold.reversals))
    }
}

/// What was credited of a transfer, as the event store has it.
fn receipt(key: &TransferKey, events: &[Outgoing]) -> Option<Movement> {
    let (first, last) = derived_range(key.id);
    let flow = events
        .iter()
        .filter(|event| first <= event.id && event.id <= last)
        .filter_map(|event| envelope::read(&event.json).ok());
    let mut credited = flow.filter(|event| {
        let is_credit = matches!(event.fact, Fact::AccountCredited(_));
        is_credit && event.transfer == key.id && event.fact.account() == key.payer
    });
    credited.next()?.fact.movement().cloned()
}
