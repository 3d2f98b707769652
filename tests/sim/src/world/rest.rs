//! What must hold once faults have stopped and everything is quiet.

use wallet_invariants::Breach;
use wallet_invariants::end::{
    invariant_every_flow_is_shown_to_its_end, invariant_everything_ends, invariant_no_promise_is_left,
    invariant_one_word_is_followed, invariant_only_what_is_promised_waits,
    invariant_rows_are_as_the_logs_say, invariant_services_agree,
};
use wallet_invariants::log::Logs;
use wallet_invariants::rows::{
    Account, Accounts, invariant_accounts_match_their_transfers, invariant_floors,
};

use super::World;
use crate::tables::all;

impl World {
    /// Everything has been decided and ended, and all services agree with the logs. If `waiting` is set, a reservation may still
    /// wait for its payer.
    pub(crate) fn is_at_rest(&self, waiting: bool) -> Result<(), Breach> {
        self.checks(|logs| {
            invariant_everything_ends(logs, waiting)?;
            invariant_one_word_is_followed(logs)?;
            self.nothing_is_left(logs)?;
            self.accounts_agree(logs)
        })
    }

    /// Each flow in the ledger and each transfer in debit-svc has ended, or waits as the log says; so does each promise.
    fn nothing_is_left(&self, logs: &Logs) -> Result<(), Breach> {
        for shared in &self.ledger {
            let database = shared.lock();
            for ((key, verb), flow) in all::<ledger_rows::Flows>(&database.rows) {
                let ended = flow.ended_us.is_some();
                invariant_every_flow_is_shown_to_its_end(logs, database.place.shard, (&key, verb), ended)?;
            }
        }
        for shared in &self.debit {
            let database = shared.lock();
            for (key, row) in all::<debit_rows::Transfers>(&database.rows) {
                invariant_only_what_is_promised_waits(logs, database.place.shard, &key, &row)?;
            }
        }
        for shared in &self.credit {
            for ((name, currency), row) in all::<credit_rows::Accounts>(&shared.lock().rows) {
                invariant_no_promise_is_left(logs, &name, currency, row.promised)?;
            }
        }
        Ok(())
    }

    /// debit-svc, ledger-svc and the sums over the logs agree on the balance of each account.
    fn accounts_agree(&self, logs: &Logs) -> Result<(), Breach> {
        let (mut debit, mut ledger, mut transfers) = (Accounts::new(), Accounts::new(), Vec::new());
        for shared in &self.debit {
            let database = shared.lock();
            let rows = &database.rows;
            let accounts = all::<debit_rows::Accounts>(rows).into_iter();
            debit.extend(accounts.map(|(key, row)| {
                let balance = [row.available, row.held, row.in_transit];
                (key, Account::new(balance, row.overdraft))
            }));
            transfers.extend(all::<debit_rows::Transfers>(rows));
        }
        for shared in &self.ledger {
            let accounts = all::<ledger_rows::Accounts>(&shared.lock().rows).into_iter();
            ledger.extend(accounts.map(|(key, row)| {
                let balance = [row.available, row.held, row.in_transit];
                (key, Account::new(balance, row.overdraft))
            }));
        }
        invariant_services_agree(&debit, &ledger)?;
        invariant_rows_are_as_the_logs_say(logs, &debit)?;
        invariant_floors(&debit)?;
        invariant_accounts_match_their_transfers(&debit, transfers.iter().map(|(key, row)| (key, row)))
    }
}
