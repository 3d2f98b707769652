//! What the model needs from a core so that it can play its service.

use std::fmt::Debug;

use credit_core::Credit;
use debit_core::Debit;
use ledger_core::Ledger;
use wallet_contract::event::{Event, Fact, MovementFact};
use wallet_contract::subject::Service;
use wallet_invariants::rows::{Account, Accounts, invariant_accounts_match_their_transfers};
use wallet_kernel::{Decider, Due, Input, Phase, Place, Standing};

/// A time, and what becomes due then.
pub type Alarm = (i64, Due);

/// A service's rules, and what its database does around them.
pub trait Core: Decider<State: Clone + Debug> + Send + Sync + 'static {
    /// The service.
    const SERVICE: Service;
    /// Whether inputs that were handled before are dropped, as the runtime does.
    const INBOX: bool = true;

    /// Loads events that an input needs from the event store, where the rows do not hold them.
    fn load(_state: &mut Self::State, _input: &Input, _place: Place, _said: &[&Event]) {}

    /// Drops state that a transaction writes and the next one does not load.
    fn forget(_state: &mut Self::State) {}

    /// The accounts, if the service keeps balances.
    fn accounts(_state: &Self::State) -> Accounts {
        Accounts::new()
    }

    /// Everything that can become due.
    fn alarms(_state: &Self::State) -> Vec<Alarm> {
        Vec::new()
    }

    /// Whether something has begun here and not ended.
    fn is_busy(state: &Self::State) -> bool;

    /// Whether the accounts' held and in-transit amounts equal the sums over the transfers.
    fn is_consistent(_state: &Self::State) -> bool {
        true
    }
}

impl Core for Debit {
    const SERVICE: Service = Service::Debit;

    fn accounts(state: &Self::State) -> Accounts {
        let accounts = state.accounts.iter().map(|(key, row)| {
            let balance = [row.available, row.held, row.in_transit];
            (key.clone(), Account::new(balance, row.overdraft))
        });
        accounts.collect()
    }

    fn alarms(state: &Self::State) -> Vec<Alarm> {
        let alarm = |(key, row): (&_, &wallet_kernel::Transfer)| {
            let (at_us, reservation) = (row.due_us()?, row.reservation?);
            let due = Due {
                transfer: Clone::clone(key),
                event: reservation.event,
                trace: reservation.trace,
            };
            Some((at_us, due))
        };
        state.transfers.iter().filter_map(alarm).collect()
    }

    fn is_busy(state: &Self::State) -> bool {
        state.transfers.iter().any(|(_, row)| match row.phase {
            Phase::Debited | Phase::Reserved | Phase::Confirming | Phase::Promised | Phase::Confirmed => true,
            Phase::Refused
            | Phase::Credited
            | Phase::Reversed
            | Phase::Completed
            | Phase::Cancelled
            | Phase::Expired
            | Phase::Declined => false,
        })
    }

    fn is_consistent(state: &Self::State) -> bool {
        invariant_accounts_match_their_transfers(&Self::accounts(state), state.transfers.iter()).is_ok()
    }
}

impl Core for Credit {
    const SERVICE: Service = Service::Credit;

    fn load(state: &mut Self::State, input: &Input, place: Place, said: &[&Event]) {
        let mut keys = Self::Keys::default();
        Self::touches(input, place, &mut keys);
        for key in keys.reversed {
            let of_key = |event: &&&Event| event.transfer == key.id && event.fact.account() == key.payer;
            let credited =
                |event: &&&Event| matches!(event.fact, Fact::Movement(_, MovementFact::AccountCredited));
            let event = said.iter().filter(of_key).find(credited);
            let receipt = event.and_then(|event| event.fact.movement().cloned());
            state.receipts.insert(key, receipt);
        }
    }

    fn forget(state: &mut Self::State) {
        state.receipts.clear();
    }

    fn is_busy(state: &Self::State) -> bool {
        let closing = |row: &credit_core::Account| row.standing == Standing::Closing;
        state
            .accounts
            .iter()
            .any(|(_, row)| row.promised != 0 || closing(row))
    }
}

impl Core for Ledger {
    const SERVICE: Service = Service::Ledger;

    fn forget(state: &mut Self::State) {
        state.bookings.clear();
        state.outcomes.clear();
        state.recorded.clear();
        let pages: Vec<_> = state
            .accounts
            .iter()
            .map(|(key, row)| (key.clone(), *row))
            .collect();
        for (key, row) in pages {
            state
                .accounts
                .load(key, ledger_core::Account { newest: None, ..row });
        }
    }

    fn accounts(state: &Self::State) -> Accounts {
        let accounts = state.accounts.iter().map(|(key, row)| {
            let balance = [row.available, row.held, row.in_transit];
            (key.clone(), Account::new(balance, row.overdraft))
        });
        accounts.collect()
    }

    fn is_busy(state: &Self::State) -> bool {
        state.flows.iter().any(|(_, flow)| flow.ended_us.is_none())
    }
}
