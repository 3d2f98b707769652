//! What must hold for money and flows after each step, and at the end: the shared invariants, and the lines of the books.
#![expect(clippy::wildcard_enum_match_arm, reason = "a few of many move money")]

use std::collections::BTreeMap;

use ledger_core::{BookingKind, Newest};
use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::id::{AccountId, TransferId};
use wallet_invariants::Breach;
use wallet_invariants::end::{
    invariant_every_flow_is_shown_to_its_end, invariant_everything_ends, invariant_no_promise_is_left,
    invariant_nothing_is_under_way, invariant_only_what_is_promised_waits,
    invariant_rows_are_as_the_logs_say, invariant_services_agree,
};
use wallet_invariants::reactions::{invariant_each_reaction_is_declared, invariant_nothing_is_open};
use wallet_invariants::rows::{
    Account, Accounts, invariant_accounts_match_their_transfers, invariant_floors,
    invariant_money_is_conserved, sum,
};

use super::reader::Node;
use super::world::{World, shards};

pub(crate) fn at_each_step(world: &World) {
    must(money(world));
    each_event_is_booked_once(world);
    each_line_refers_to_the_previous_one(world);
}

/// Nothing is pending: every flow has ended, or waits for its payer if `waiting` is set.
pub(crate) fn when_all_is_quiet(world: &World, waiting: bool) {
    must(flows(world, waiting));
}

/// Nothing is held, promised or in transit, and the balances of debit-svc and ledger-svc are those that the logs give.
pub(crate) fn when_all_is_over(world: &World) {
    must(balances(world));
    let (requests, events): (_, Vec<_>) = (&world.requests, world.events().collect());
    must(invariant_each_reaction_is_declared(shards(), requests, &events));
    must(invariant_nothing_is_open(&events));
}

pub(crate) fn must(found: Result<(), Breach>) {
    if let Err(breach) = found {
        panic!("{breach}");
    }
}

/// All money adds up to zero, except for transfers that have been heard at one end and not yet at the other; no account is below
/// its floor; debit-svc's accounts match its transfers.
fn money(world: &World) -> Result<(), Breach> {
    let [debit, ledger] = both(world);
    let one_end = |of: fn(&Node) -> i128| world.nodes.iter().map(of).sum();
    invariant_money_is_conserved(sum(&debit), one_end(|node| node.debit.one_end))?;
    invariant_money_is_conserved(sum(&ledger), one_end(|node| node.ledger.one_end))?;
    invariant_floors(&debit)?;
    invariant_floors(&ledger)?;
    let nodes = world.nodes.iter();
    let transfers = nodes.flat_map(|node| node.debit.player.state.transfers.iter());
    invariant_accounts_match_their_transfers(&debit, transfers)
}

fn flows(world: &World, waiting: bool) -> Result<(), Breach> {
    let logs = &world.checked;
    invariant_everything_ends(logs, waiting)?;
    for (shard, node) in shards().all().zip(&world.nodes) {
        for ((key, verb), flow) in node.ledger.player.state.flows.iter() {
            let ended = flow.ended_us.is_some();
            invariant_every_flow_is_shown_to_its_end(logs, shard, (key, *verb), ended)?;
        }
        for (key, row) in node.debit.player.state.transfers.iter() {
            invariant_only_what_is_promised_waits(logs, shard, key, row)?;
        }
    }
    Ok(())
}

fn balances(world: &World) -> Result<(), Breach> {
    let [debit, ledger] = both(world);
    invariant_services_agree(&debit, &ledger)?;
    invariant_rows_are_as_the_logs_say(&world.checked, &debit)?;
    invariant_nothing_is_under_way(&debit)?;
    for node in &world.nodes {
        for ((name, currency), row) in node.credit.player.state.accounts.iter() {
            invariant_no_promise_is_left(&world.checked, name, *currency, row.promised)?;
        }
    }
    Ok(())
}

/// Reading copies of everything changes nothing.
pub(crate) fn repeats_change_nothing(world: &mut World) {
    let before: Vec<_> = world.nodes.iter().map(snapshot).collect();
    world.copy_all();
    world.until_quiet();
    for (node, before) in world.nodes.iter().zip(before) {
        assert!(snapshot(node) == before, "a repeat has changed something");
    }
}

fn snapshot(node: &Node) -> impl PartialEq + use<> {
    let states = (
        node.debit.player.state.clone(),
        node.credit.player.state.clone(),
        node.ledger.player.state.clone(),
    );
    let decided = [&node.debit.decided, &node.credit.decided, &node.ledger.decided].map(Vec::clone);
    (states, decided)
}

/// Every account, in debit-svc and in ledger-svc.
fn both(world: &World) -> [Accounts; 2] {
    let (mut debit, mut ledger) = (Accounts::new(), Accounts::new());
    for node in &world.nodes {
        for (key, row) in node.debit.player.state.accounts.iter() {
            let balance = [row.available, row.held, row.in_transit];
            debit.insert(key.clone(), Account::new(balance, row.overdraft));
        }
        for (key, row) in node.ledger.player.state.accounts.iter() {
            let balance = [row.available, row.held, row.in_transit];
            ledger.insert(key.clone(), Account::new(balance, row.overdraft));
        }
    }
    [debit, ledger]
}

/// Each decided event is booked once, or not yet: never twice, and never with another amount.
fn each_event_is_booked_once(world: &World) {
    let mut booked: BTreeMap<(TransferId, AccountId, &str), [i64; 2]> = BTreeMap::new();
    for line in world
        .nodes
        .iter()
        .flat_map(|node| &node.ledger.player.state.bookings)
    {
        let payer = if line.kind == BookingKind::Credit {
            &line.counterparty
        } else {
            &line.account
        };
        let sums = booked
            .entry((line.transfer, payer.clone(), line.kind.word()))
            .or_default();
        *sums = [sums[0] + line.amount, sums[1] + line.held];
    }
    for event in world.events() {
        let movement = event.fact.movement();
        let (amount, held) = movement.map_or((0, 0), |movement| {
            (movement.money.amount.minor(), movement.held())
        });
        let (kind, expected) = match &event.fact {
            Fact::Movement(_, MovementFact::AccountDebited) => (BookingKind::Debit, [held - amount, -held]),
            Fact::Movement(_, MovementFact::AccountCredited) => (BookingKind::Credit, [amount, 0]),
            Fact::Movement(_, MovementFact::DebitReversed(..)) => (BookingKind::Reversal, [amount, 0]),
            Fact::Movement(_, MovementFact::FundsReserved(..)) => (BookingKind::Hold, [-amount, amount]),
            Fact::Movement(_, MovementFact::ReservationReleased(..)) => {
                (BookingKind::Release, [amount, -amount])
            }
            _ => continue,
        };
        let key = (event.transfer, event.fact.account(), kind.word());
        let sums = booked.remove(&key).unwrap_or_default();
        assert!(
            sums == expected || sums == [0, 0],
            "{event:?} is booked as {sums:?}"
        );
    }
    assert!(booked.is_empty(), "bookings without an event: {booked:?}");
}

/// The lines of each account are numbered and chained in log order, up to the one that the account's row names.
fn each_line_refers_to_the_previous_one(world: &World) {
    for node in &world.nodes {
        let state = &node.ledger.player.state;
        let mut ends = BTreeMap::new();
        for line in &state.bookings {
            let end = Newest {
                line: line.line,
                no: line.no,
            };
            let before: Option<Newest> = ends.insert((line.account.clone(), line.currency), end);
            assert_eq!(line.previous, before.map(|before| before.no), "{line:?}");
            assert_eq!(line.line, before.map_or(0, |before| before.line) + 1, "{line:?}");
            assert!(line.previous < Some(line.no), "{line:?}");
        }
        for (key, page) in state.accounts.iter() {
            assert_eq!(page.newest, ends.get(key).copied(), "{key:?}");
        }
    }
}
