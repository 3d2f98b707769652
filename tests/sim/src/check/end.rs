//! What must hold once faults have stopped and everything is quiet.

use std::collections::BTreeMap;

use wallet_contract::id::AccountId;
use wallet_contract::money::Currency;
use wallet_contract::subject::Verb;

use super::books::Balance;
use super::log::Logs;
use super::{Breach, hold};
use crate::tables::all;
use crate::world::World;

type Balances = BTreeMap<(AccountId, Currency), Balance>;

/// Every request has been decided, every event is in every log that must hold it, and every flow has ended. If `waiting` is
/// set, a reservation may still wait for its payer.
pub(crate) fn invariant_everything_ends(logs: &Logs, waiting: bool) -> Result<(), Breach> {
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
pub(crate) fn invariant_one_word_is_followed(logs: &Logs) -> Result<(), Breach> {
    let others: Vec<_> = logs.mending.difference(&logs.mended).collect();
    hold("invariant_one_word_is_followed", others.is_empty(), || {
        format!("heard, and what they are about was not let go for them: {others:?}")
    })
}

/// debit-svc, ledger-svc and the sums over the log agree on the balance of each account.
pub(crate) fn invariant_services_agree(world: &World, logs: &Logs) -> Result<(), Breach> {
    let (mut debit, mut ledger) = (Balances::new(), Balances::new());
    for shared in &world.debit {
        let database = shared.lock();
        let rows = all::<debit_rows::Accounts>(&database.rows).into_iter();
        debit.extend(rows.map(|(key, row)| (key, [row.available, row.held, row.in_transit].map(i128::from))));
    }
    for shared in &world.ledger {
        let database = shared.lock();
        let rows = all::<ledger_rows::Accounts>(&database.rows).into_iter();
        ledger
            .extend(rows.map(|(key, row)| (key, [row.available, row.held, row.in_transit].map(i128::from))));
    }
    let mut books = logs.books.balances.clone();
    for balances in [&mut debit, &mut ledger, &mut books] {
        balances.retain(|_, balance| *balance != [0, 0, 0]);
    }
    let agree = debit == books && ledger == books;
    hold("invariant_services_agree", agree, || {
        format!("debit {debit:?}\nledger {ledger:?}\nlog {books:?}")
    })
}

/// Each flow in the ledger has ended or waits as its transfer does; no promise is left without a transfer that waits for it.
pub(crate) fn invariant_nothing_is_left(world: &World, logs: &Logs) -> Result<(), Breach> {
    for shared in &world.ledger {
        let database = shared.lock();
        for ((key, verb), flow) in all::<ledger_rows::Flows>(&database.rows) {
            let home = (database.place.shard, key.id, key.payer.clone());
            let waits = verb == Verb::Transfer && logs.flows.get(&home).is_some_and(super::flow::Flow::waits);
            hold(
                "invariant_every_flow_is_shown_to_its_end",
                flow.ended_us.is_some() != waits,
                || format!("{key:?} {verb:?} waits: {waits}; {flow:?}"),
            )?;
        }
    }
    let waits = logs.flows.values().any(super::flow::Flow::waits);
    for shared in &world.credit {
        let database = shared.lock();
        for ((name, currency), row) in all::<credit_rows::Accounts>(&database.rows) {
            hold("invariant_no_promise_is_left", waits || row.promised == 0, || {
                format!("{name} {currency}: {row:?}")
            })?;
        }
    }
    Ok(())
}
