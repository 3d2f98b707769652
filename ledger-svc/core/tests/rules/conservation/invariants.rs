//! What must hold for money after each step, and at the end.
#![expect(clippy::wildcard_enum_match_arm, reason = "a few of many move money")]

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{BookingKind, Newest};
use wallet_contract::event::{Fact, Failure, MovementFact};
use wallet_contract::id::{AccountId, EventId, TransferId};
use wallet_contract::money::Amount;
use wallet_kernel::Phase;
use wallet_kernel::choreography::{Expected, Party, Step, after, waits_for};

use super::reader::Node;
use super::world::{World, shards};

/// Available, held and in transit.
type Money = [i64; 3];
type Balances = BTreeMap<AccountId, Money>;

pub(crate) fn at_each_step(world: &World) {
    let [debit, ledger] = both(world);
    money_is_conserved(world, &debit, |node| &node.debit.inbox);
    money_is_conserved(world, &ledger, |node| &node.ledger.inbox);
    floors(&debit);
    floors(&ledger);
    each_event_is_booked_once(world);
    each_line_refers_to_the_previous_one(world);
    accounts_match_their_transfers(world, &debit);
}

/// Nothing is held, promised or in transit, and the balances of debit-svc and ledger-svc are equal.
pub(crate) fn when_all_is_over(world: &World) {
    let [debit, ledger] = both(world);
    assert_eq!(debit, ledger);
    assert!(
        debit
            .values()
            .all(|[_, held, in_transit]| (*held, *in_transit) == (0, 0)),
        "{debit:?}"
    );
    for node in &world.nodes {
        let mut credit = node.credit.player.state.accounts.iter();
        assert_eq!(credit.find(|(_, row)| row.promised != 0), None);
    }
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

/// Every balance, in debit-svc and in ledger-svc.
fn both(world: &World) -> [Balances; 2] {
    let (mut debit, mut ledger) = (Balances::new(), Balances::new());
    for node in &world.nodes {
        for ((name, _), row) in node.debit.player.state.accounts.iter() {
            debit.insert(name.clone(), [row.available, row.held, row.in_transit]);
        }
        for ((name, _), row) in node.ledger.player.state.accounts.iter() {
            ledger.insert(name.clone(), [row.available, row.held, row.in_transit]);
        }
    }
    [debit, ledger]
}

/// All money adds up to zero, except for transfers that have been heard at one end and not yet at the other.
fn money_is_conserved(world: &World, balances: &Balances, inbox: impl Fn(&Node) -> &BTreeSet<EventId>) {
    let mut expected = 0;
    for event in world.events() {
        if let Fact::Movement(movement, MovementFact::AccountCredited) = &event.fact {
            let heard = |account| {
                let node = &world.nodes[usize::from(shards().of(account).0)];
                i64::from(inbox(node).contains(&event.id))
            };
            expected += movement.money.amount.minor() * (heard(&movement.payee) - heard(&movement.payer));
        }
    }
    let sum: i64 = balances.values().flatten().sum();
    assert_eq!(sum, expected, "{balances:?}");
}

fn floors(balances: &Balances) {
    for (name, [available, held, in_transit]) in balances {
        assert!(name.is_world() || *available >= 0, "{name} has {available}");
        assert!(
            *held >= 0 && *in_transit >= 0,
            "{name}: {held} held, {in_transit} in transit"
        );
    }
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

fn accounts_match_their_transfers(world: &World, balances: &Balances) {
    let mut expected: BTreeMap<&AccountId, [i64; 2]> = BTreeMap::new();
    let transfers = world
        .nodes
        .iter()
        .flat_map(|node| node.debit.player.state.transfers.iter());
    for (key, row) in transfers {
        let Some(movement) = &row.movement else { continue };
        let amount = movement.money.amount.minor();
        let captured = row.reservation.and_then(|reservation| reservation.captured);
        let change = match row.phase {
            Phase::Reserved | Phase::Confirming | Phase::Promised => [amount, 0],
            Phase::Debited => [0, amount],
            Phase::Confirmed => [0, captured.map_or(0, Amount::minor)],
            _ => [0, 0],
        };
        let sums = expected.entry(&key.payer).or_default();
        *sums = [sums[0] + change[0], sums[1] + change[1]];
    }
    for (name, [_, held, in_transit]) in balances {
        let expected = expected.get(name).copied().unwrap_or_default();
        assert_eq!([*held, *in_transit], expected, "{name} holds, and has in transit");
    }
}

/// Each reaction came from the service and shard that the choreography declares, with one of the declared events.
pub(crate) fn each_reaction_is_declared(world: &World) {
    let requests = world.requests.iter().map(|request| {
        let step = Step::Requested(request.verb);
        (request.id, (step, request.account.clone()))
    });
    let events = world.events().map(|event| {
        let step = Step::Decided(event.fact.clone());
        (event.id, (step, event.fact.account()))
    });
    let causes: BTreeMap<EventId, (Step, AccountId)> = requests.chain(events).collect();
    for event in world.events() {
        let by_the_clock = matches!(
            event.fact,
            Fact::Movement(_, MovementFact::ReservationReleased(Failure::Expired, _))
        );
        let Some((cause, account)) = causes.get(&event.cause).filter(|_| !by_the_clock) else {
            continue;
        };
        let expected = cause.expected().or_else(|| deferred(cause));
        let expected =
            expected.unwrap_or_else(|| panic!("{event:?} follows {cause:?}, which nothing should"));
        let of = match expected.of {
            Party::Payer => account,
            Party::Payee => cause.payee().expect("who pays a payee names it"),
        };
        let place = (event.source.service, event.source.shard);
        assert_eq!(
            (expected.by, shards().of(of)),
            place,
            "{event:?} follows {cause:?}"
        );
        assert!(
            expected.kinds.contains(&event.fact.kind()),
            "{event:?} follows {cause:?}"
        );
    }
}

/// A promise may be what an earlier confirm was waiting for.
fn deferred(cause: &Step) -> Option<Expected> {
    match cause {
        Step::Decided(Fact::Movement(movement, MovementFact::CreditPromised(_))) => after(&Fact::Movement(
            movement.clone(),
            MovementFact::ConfirmationDeferred,
        )),
        Step::Requested(_) | Step::Decided(_) => None,
    }
}

/// At the end, the only flows still open are reservations that wait for their payer.
pub(crate) fn nothing_is_open(world: &World) {
    let mut flows: BTreeMap<(AccountId, TransferId), Vec<Step>> = BTreeMap::new();
    for event in world.events() {
        let flow = flows.entry((event.fact.account(), event.transfer)).or_default();
        flow.push(Step::Decided(event.fact.clone()));
    }
    for (flow, steps) in flows {
        assert_eq!(waits_for(&steps), None, "{flow:?}: {steps:?}");
    }
}
