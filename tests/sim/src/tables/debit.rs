//! The rows of debit-svc.

use std::collections::BTreeMap;

use debit_core::{Account, Debit, Keys, State, Transfer};
use wallet_contract::decider::Due;
use wallet_contract::event::Overdraft;
use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::subject::Service;
use wallet_runtime::store::Outgoing;

use super::{Tables, difference};

/// Accounts and transfers.
#[derive(Debug, Default)]
pub(crate) struct DebitTables {
    pub(crate) accounts: BTreeMap<(AccountId, Currency), Account>,
    pub(crate) transfers: BTreeMap<TransferKey, Transfer>,
}

impl Tables for DebitTables {
    type Core = Debit;
    const SERVICE: Service = Service::Debit;

    fn load(&self, keys: &Keys, _events: &[Outgoing]) -> State {
        let mut state = State::default();
        for (key, row) in &self.accounts {
            if keys.accounts.contains(&key.0) {
                state.accounts.load(key.clone(), *row);
            }
        }
        for key in &keys.transfers {
            if let Some(row) = self.transfers.get(key) {
                state.transfers.load(key.clone(), row.clone());
            }
        }
        state
    }

    fn save(&mut self, state: &State) -> Result<(), String> {
        for ((name, currency), row) in state.accounts.written() {
            let below = matches!(row.overdraft, Overdraft::Limit(limit) if row.available < -limit);
            if below || row.held < 0 || row.in_transit < 0 {
                return Err(format!("account {name} {currency} would be {row:?}"));
            }
        }
        for (key, _) in state.transfers.created() {
            if self.transfers.contains_key(key) {
                return Err(format!("transfer {key:?} is there already"));
            }
        }
        for (key, row) in state.accounts.written() {
            self.accounts.insert(key.clone(), *row);
        }
        for (key, row) in state.transfers.written() {
            self.transfers.insert(key.clone(), row.clone());
        }
        Ok(())
    }

    fn due(&self, now_us: i64, limit: usize) -> Vec<Due> {
        let due = self.transfers.iter().filter_map(|(key, row)| {
            let due_us = row.due_us().filter(|due_us| *due_us <= now_us)?;
            Some((due_us, key, row.reservation?))
        });
        let mut due: Vec<_> = due.collect();
        due.sort_by_key(|(due_us, ..)| *due_us);
        let told = due.into_iter().take(limit).map(|(_, key, reservation)| Due {
            transfer: key.clone(),
            event: reservation.event,
            trace: reservation.trace,
        });
        told.collect()
    }

    fn differs(&self, refold: &State) -> Option<String> {
        difference(self.accounts.iter(), &refold.accounts)
            .or_else(|| difference(self.transfers.iter(), &refold.transfers))
    }
}
