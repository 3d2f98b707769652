//! The three cores together, on logs in memory: random requests, repeats and copies, read at random speeds.
//!
//! After each step money is conserved; in the end everything has ended, and reading everything again changes nothing.
#![expect(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test's helpers fail as its checks do"
)]

use std::collections::{BTreeMap, BTreeSet};

use credit_core::Credit;
use debit_core::Debit;
use jiff::Timestamp;
use ledger_core::Ledger;
use proptest::prelude::*;
use uuid::Uuid;
use wallet_contract::decider::{Decider, Heard, Input, Place};
use wallet_contract::event::{Event, Fact, Source};
use wallet_contract::id::EventId;
use wallet_contract::request::{self, Context};
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Verb};

const SHARDS: u16 = 2;
const ACCOUNTS: [&str; 5] = ["alice", "bob", "carol", "dave", "@world"];

/// One service on one shard: what it remembers, how far it has read, what it has handled.
struct Reader<C: Decider> {
    state: C::State,
    position: usize,
    inbox: BTreeSet<EventId>,
}

impl<C: Decider> Default for Reader<C> {
    fn default() -> Self {
        Self {
            state: C::State::default(),
            position: 0,
            inbox: BTreeSet::new(),
        }
    }
}

#[derive(Default)]
struct Node {
    debit: Reader<Debit>,
    credit: Reader<Credit>,
    ledger: Reader<Ledger>,
}

struct World {
    logs: Vec<Vec<Input>>,
    nodes: Vec<Node>,
}

impl World {
    fn new() -> Self {
        let nodes = (0..SHARDS).map(|_| Node::default()).collect();
        Self {
            logs: vec![Vec::new(); usize::from(SHARDS)],
            nodes,
        }
    }

    /// One service reads one message, if there is one.
    fn step(&mut self, shard: usize, service: Service) -> bool {
        let (log, node) = (&self.logs[shard], &mut self.nodes[shard]);
        let (moved, decided) = match service {
            Service::Debit => read(&mut node.debit, log, shard, service),
            Service::Credit => read(&mut node.credit, log, shard, service),
            Service::Ledger => read(&mut node.ledger, log, shard, service),
        };
        if let Some(event) = decided {
            let (first, then) = event.fact.destinations(event.source.shard, shards());
            for shard in [Some(first), then].into_iter().flatten() {
                self.logs[usize::from(shard.0)].push(Input::Event(event.clone()));
            }
        }
        moved
    }

    fn until_quiet(&mut self) {
        let turns =
            || (0..usize::from(SHARDS)).flat_map(|shard| Service::ALL.map(|service| (shard, service)));
        while turns().fold(false, |moved, (shard, service)| {
            self.step(shard, service) || moved
        }) {}
    }

    /// Every balance, as debit-svc and as ledger-svc have it.
    fn balances(&self) -> [BTreeMap<String, (i64, i64)>; 2] {
        let (mut debit, mut ledger) = (BTreeMap::new(), BTreeMap::new());
        for node in &self.nodes {
            for ((name, currency), row) in node.debit.state.accounts.iter() {
                debit.insert(format!("{name} {currency}"), (row.available, row.in_transit));
            }
            for ((name, currency), row) in node.ledger.state.accounts.iter() {
                ledger.insert(format!("{name} {currency}"), (row.available, row.in_transit));
            }
        }
        [debit, ledger]
    }

    fn events(&self) -> BTreeMap<EventId, Event> {
        let inputs = self.logs.iter().flatten();
        let events = inputs.filter_map(|input| match input {
            Input::Event(event) => Some((event.id, event.clone())),
            Input::Request(_) => None,
        });
        events.collect()
    }
}

fn shards() -> Shards {
    Shards::new(SHARDS).unwrap()
}

fn read<C: Decider>(
    reader: &mut Reader<C>,
    log: &[Input],
    shard: usize,
    service: Service,
) -> (bool, Option<Event>) {
    let Some(input) = log.get(reader.position) else {
        return (false, None);
    };
    reader.position += 1;
    let place = Place {
        shard: Shard(u16::try_from(shard).unwrap()),
        shards: shards(),
    };
    let ours = matches!(input, Input::Event(event) if event.source.service == service);
    if ours || !C::concerns(input, place) || !reader.inbox.insert(input.as_cause().id) {
        return (true, None);
    }
    let sequence = u64::try_from(reader.position).unwrap();
    let heard = Heard {
        input: input.clone(),
        raw: "",
        sequence,
        index: 0,
        at_us: 0,
    };
    C::hear(&mut reader.state, &heard, place);
    let decided = C::decide(&reader.state, input, place).map(|fact| {
        let source = Source {
            service,
            shard: place.shard,
        };
        let event = Event::new(fact, input.as_cause(), source, Timestamp::UNIX_EPOCH, 0);
        C::evolve(&mut reader.state, &event, place);
        event
    });
    (true, decided)
}

/// What the services remember of money never adds up to anything but what is still on its way between their logs.
fn invariant_conservation(world: &World) {
    let mut booked: BTreeMap<EventId, i64> = BTreeMap::new();
    for node in &world.nodes {
        for line in &node.ledger.state.bookings {
            *booked.entry(line.event).or_default() += line.amount;
        }
    }
    for (id, event) in world.events() {
        let amount = event
            .fact
            .movement()
            .map_or(0, |movement| movement.money.amount.minor());
        let expected = match event.fact {
            Fact::AccountDebited(_) => -amount,
            Fact::AccountCredited(_) | Fact::DebitReversed(..) => amount,
            _ => 0,
        };
        // Booked once or not yet; never twice, never another amount.
        let sum = booked.remove(&id).unwrap_or(0);
        assert!(sum == expected || sum == 0, "{event:?} is booked as {sum}");
    }
    assert!(booked.is_empty(), "bookings without an event: {booked:?}");
}

fn invariant_sum_is_zero(world: &World) {
    for balances in world.balances() {
        let sum: i64 = balances
            .values()
            .map(|(available, in_transit)| available + in_transit)
            .sum();
        assert_eq!(sum, 0, "{balances:?}");
        assert!(
            balances.values().all(|(_, in_transit)| *in_transit == 0),
            "{balances:?}"
        );
    }
}

fn invariant_floors(world: &World) {
    for balances in world.balances() {
        let below = balances
            .iter()
            .find(|(name, (available, _))| !name.starts_with("@world") && *available < 0);
        assert_eq!(below, None);
    }
}

fn invariant_ends_once(world: &World) {
    let mut ends: BTreeMap<(Uuid, String), Vec<&'static str>> = BTreeMap::new();
    let events = world.events();
    for event in events.values() {
        let key = || (event.transfer.0, event.fact.account().to_string());
        match event.fact {
            Fact::AccountDebited(_) | Fact::DebitRefused(..) => {
                ends.entry(key()).or_default();
            }
            Fact::TransferSettled(_) | Fact::TransferFailed(..) => {
                ends.entry(key()).or_default().push(event.fact.kind());
            }
            _ => {}
        }
    }
    assert!(ends.values().all(|ends| ends.len() == 1), "{ends:?}");
}

fn invariant_causes(world: &World) {
    let ids: BTreeSet<EventId> = world
        .logs
        .iter()
        .flatten()
        .map(|input| input.as_cause().id)
        .collect();
    assert!(world.events().values().all(|event| ids.contains(&event.cause)));
}

/// Reading everything once more, copies of it, changes nothing.
fn invariant_repeats_change_nothing(world: &mut World) {
    let (balances, events) = (world.balances(), world.events());
    for log in &mut world.logs {
        log.extend(log.clone());
    }
    world.until_quiet();
    assert_eq!(world.balances(), balances);
    assert_eq!(world.events(), events);
}

#[derive(Clone, Debug)]
enum Act {
    Ask {
        verb: Verb,
        account: usize,
        payee: usize,
        minor: u32,
        id: u8,
    },
    Step {
        shard: usize,
        service: usize,
    },
    Copy {
        shard: usize,
        which: usize,
    },
}

fn acts() -> impl Strategy<Value = Act> {
    let verb = prop_oneof![
        8 => Just(Verb::Transfer), 2 => Just(Verb::Open), 1 => Just(Verb::Freeze),
        1 => Just(Verb::Unfreeze), 1 => Just(Verb::Close)
    ];
    let ask = (verb, 0..5_usize, 0..5_usize, 1..500_u32, any::<u8>());
    prop_oneof![
        3 => ask.prop_map(|(verb, account, payee, minor, id)| Act::Ask { verb, account, payee, minor, id: id % 60 }),
        6 => (0..2_usize, 0..3_usize).prop_map(|(shard, service)| Act::Step { shard, service }),
        1 => (0..2_usize, any::<usize>()).prop_map(|(shard, which)| Act::Copy { shard, which }),
    ]
}

fn ask(world: &mut World, verb: Verb, account: usize, payee: usize, minor: u32, id: u8) {
    let (name, payee) = (ACCOUNTS[account].parse().unwrap(), ACCOUNTS[payee]);
    let id = Uuid::from_u64_pair(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 | u64::from(id));
    let more = match verb {
        Verb::Transfer => format!(
            r#","to":"{payee}","amount":"{}.{:02}","currency":"USD""#,
            minor / 100,
            minor % 100
        ),
        Verb::Open => r#","currency":"USD""#.to_owned(),
        Verb::Freeze | Verb::Unfreeze | Verb::Close => String::new(),
    };
    let context = Context {
        verb,
        account: Some(&name),
        traceparent: None,
        event_id: None,
    };
    let request = request::read(&format!(r#"{{"id":"{id}"{more}}}"#), context).unwrap();
    world.logs[usize::from(shards().of(&name).0)].push(Input::Request(request));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn money_is_neither_lost_nor_made(acts in prop::collection::vec(acts(), 1..160)) {
        let mut world = World::new();
        for (number, account) in (200..).zip(0..4) {
            ask(&mut world, Verb::Open, account, 0, 1, number);
            ask(&mut world, Verb::Transfer, 4, account, 1000, number);
        }
        for act in acts {
            match act {
                Act::Ask { verb, account, payee, minor, id } => ask(&mut world, verb, account, payee, minor, id),
                Act::Step { shard, service } => {
                    world.step(shard, Service::ALL[service]);
                }
                Act::Copy { shard, which } => {
                    // A copy comes behind its original, as from an outbox that published twice.
                    let log = &mut world.logs[shard];
                    if let Some(copy) = log.get(which % log.len().max(1)).cloned() {
                        log.push(copy);
                    }
                }
            }
            invariant_conservation(&world);
            invariant_floors(&world);
        }
        world.until_quiet();
        invariant_conservation(&world);
        invariant_sum_is_zero(&world);
        invariant_floors(&world);
        invariant_ends_once(&world);
        invariant_causes(&world);
        invariant_repeats_change_nothing(&mut world);
    }
}
