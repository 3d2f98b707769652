//! What must hold once everything is quiet: in the logs, and in the rows of the services.

use wallet_contract::id::{AccountId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::shard::Shard;
use wallet_contract::subject::Verb;
use wallet_kernel::{Phase, Transfer};

use crate::flow::Flow;
use crate::log::Logs;
use crate::rows::Accounts;
use crate::{Breach, hold};

/// Every request has been decided, every event is in every log that must hold it, and every flow has ended. If `waiting` is
/// set, a reservation may still wait for its payer.
pub fn invariant_everything_ends(logs: &Logs, waiting: bool) -> Result<(), Breach> {
    let name = "invariant_everything_ends";
    hold(name, logs.undecided.is_empty(), || {
        format!("not decided: {:?}", logs.undecided)
    })?;
    hold(name, logs.halves.is_empty(), || {
        format!("not in its second log: {:?}", logs.halves)
    })?;
    for (key, flow) in &logs.flows {
        let ends = flow.has_ended() || (waiting && flow.waits());
        hold(name, ends, || format!("{key:?}: {}", flow.told()))?;
    }
    Ok(())
}

/// Of several instructions about one parked message, exactly one is followed: the requests that replace it come from one text.
pub fn invariant_one_word_is_followed(logs: &Logs) -> Result<(), Breach> {
    let others: Vec<_> = logs.mending.difference(&logs.mended).collect();
    hold("invariant_one_word_is_followed", others.is_empty(), || {
        format!("heard, and what they are about was not let go for them: {others:?}")
    })
}

/// debit-svc and ledger-svc agree on each account.
pub fn invariant_services_agree(debit: &Accounts, ledger: &Accounts) -> Result<(), Breach> {
    hold("invariant_services_agree", debit == ledger, || {
        format!("debit {debit:?}\nledger {ledger:?}")
    })
}

/// The services have the balances that the sums over the logs give.
pub fn invariant_rows_are_as_the_logs_say(logs: &Logs, accounts: &Accounts) -> Result<(), Breach> {
    let moved = |(_, balance): &(_, _)| *balance != [0, 0, 0];
    let rows = accounts.iter().map(|(key, account)| (key, account.balance));
    let books = logs.books.balances.iter().map(|(key, balance)| (key, *balance));
    let agree = rows.clone().filter(moved).eq(books.clone().filter(moved));
    hold("invariant_rows_are_as_the_logs_say", agree, || {
        format!("rows {accounts:?}\nlogs {:?}", logs.books.balances)
    })
}

/// Nothing is held or in transit.
pub fn invariant_nothing_is_under_way(accounts: &Accounts) -> Result<(), Breach> {
    let still = |account: &crate::rows::Account| account.balance[1..] == [0, 0];
    hold(
        "invariant_nothing_is_under_way",
        accounts.values().all(still),
        || format!("{accounts:?}"),
    )
}

/// A flow in the ledger has ended, or waits as its transfer does.
pub fn invariant_every_flow_is_shown_to_its_end(
    logs: &Logs,
    home: Shard,
    (key, verb): (&TransferKey, Verb),
    ended: bool,
) -> Result<(), Breach> {
    let waits = verb == Verb::Transfer && waits(logs, home, key);
    hold("invariant_every_flow_is_shown_to_its_end", ended != waits, || {
        format!("{key:?} {verb:?} of shard {home} waits: {waits}; has ended: {ended}")
    })
}

/// debit-svc waits for the payer of a transfer exactly if the log does.
pub fn invariant_only_what_is_promised_waits(
    logs: &Logs,
    home: Shard,
    key: &TransferKey,
    row: &Transfer,
) -> Result<(), Breach> {
    let waits = waits(logs, home, key);
    let holds = waits == (row.phase == Phase::Promised);
    hold("invariant_only_what_is_promised_waits", holds, || {
        format!("{key:?} of shard {home} waits: {waits}; {row:?}")
    })
}

/// No promise is left to a payee without a transfer that waits for its payer.
pub fn invariant_no_promise_is_left(
    logs: &Logs,
    name: &AccountId,
    currency: Currency,
    promised: i64,
) -> Result<(), Breach> {
    let holds = promised == 0 || logs.flows.values().any(Flow::waits);
    hold("invariant_no_promise_is_left", holds, || {
        format!("{name} {currency}: {promised} promised")
    })
}

fn waits(logs: &Logs, home: Shard, key: &TransferKey) -> bool {
    let flow = logs.flows.get(&(home, key.id, key.payer.clone()));
    flow.is_some_and(Flow::waits)
}
