//! A small world, played by three cores: what can happen in a state of it, and the state that follows.

use std::sync::{PoisonError, RwLock};

use credit_core::Credit;
use debit_core::Debit;
use ledger_core::Ledger;
use wallet_contract::event::Event;
use wallet_contract::id::TransferKey;
use wallet_contract::shard::{Shard, Shards};
use wallet_contract::subject::{Service, Subject};
use wallet_kernel::{Input, Place};

use crate::core::Core;
use crate::interned::Interned;
use crate::message::{self, Message, Number};
use crate::mind::{Ear, Minds};
use crate::scenario::{Ask, Scenario};
use crate::view::View;
use crate::world::{Action, Node, Outgoing, Stage, World, node, who};

/// A small world, played by three cores.
#[derive(Debug)]
pub struct Saga<D: Core = Debit, C: Core = Credit, L: Core = Ledger> {
    scenario: Scenario,
    shards: Shards,
    minds: Vec<Trio<D, C, L>>,
    messages: Interned<Message>,
    flows: RwLock<Vec<TransferKey>>,
    /// The given requests, followed by those of the scenario.
    requests: Vec<Number>,
    /// How many flows existed before the scenario's first request.
    given_flows: usize,
    start: World,
}

/// The minds of one shard's services.
#[derive(Debug)]
struct Trio<D: Core, C: Core, L: Core> {
    debit: Minds<D>,
    credit: Minds<C>,
    ledger: Minds<L>,
}

impl<D: Core, C: Core, L: Core> Saga<D, C, L> {
    /// The world of a scenario, with everything given already carried out.
    ///
    /// # Panics
    /// If the scenario is invalid.
    pub fn new(scenario: Scenario) -> Self {
        let shards = Shards::new(scenario.shards).expect("a scenario has a shard");
        let trio = |shard| {
            let place = Place { shard, shards };
            Trio {
                debit: Minds::new(place),
                credit: Minds::new(place),
                ledger: Minds::new(place),
            }
        };
        let mut saga = Self {
            scenario,
            shards,
            minds: shards.all().map(trio).collect(),
            messages: Interned::default(),
            flows: RwLock::default(),
            requests: Vec::new(),
            given_flows: 0,
            start: World {
                nodes: vec![Node::default(); usize::from(scenario.shards) * Service::ALL.len()],
                left: vec![0; scenario.asks.len()],
                asked: 0,
                crashes: 0,
            },
        };
        let given = saga.numbered(scenario.given);
        saga.requests.clone_from(&given);
        for which in 0..given.len() {
            saga.start = saga.settled(saga.asked(saga.start.clone(), which));
        }
        saga.given_flows = saga.flow_count();
        let asks = saga.numbered(scenario.asks);
        saga.requests.extend(asks);
        saga.start.left = scenario.asks.iter().map(|ask| ask.times).collect();
        saga.start.crashes = scenario.crashes;
        saga
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// How many distinct minds its services were found to have.
    pub fn minds(&self) -> usize {
        let of = |trio: &Trio<D, C, L>| trio.debit.len() + trio.credit.len() + trio.ledger.len();
        self.minds.iter().map(of).sum()
    }

    /// A state as the properties see it.
    pub fn view(&self, world: &World) -> View {
        let seen = |number: usize| {
            let (shard, service) = who(number);
            let (mind, trio) = (world.nodes[number].mind, &self.minds[usize::from(shard.0)]);
            match service {
                Service::Debit => trio.debit.seen(mind),
                Service::Credit => trio.credit.seen(mind),
                Service::Ledger => trio.ledger.seen(mind),
            }
        };
        View {
            nodes: (0..world.nodes.len()).map(seen).collect(),
            given_flows: self.given_flows,
            is_still: world.is_still(),
            all_asked: world.asked.count_ones() as usize == self.requests.len(),
        }
    }

    /// The message with a number.
    pub fn message(&self, number: Number) -> std::sync::Arc<Message> {
        self.messages.get(number)
    }

    /// The ids of the requests that were delivered.
    pub fn delivered(&self, world: &World) -> Vec<wallet_contract::id::EventId> {
        let asked = |(which, _): &(usize, &Number)| world.asked & (1 << which) != 0;
        let asked = self.requests.iter().enumerate().filter(asked);
        asked.map(|(_, number)| self.messages.get(*number).id).collect()
    }

    /// The state in which it begins.
    pub(crate) fn start(&self) -> &World {
        &self.start
    }

    /// What can happen in a state.
    pub(crate) fn possible(&self, world: &World, actions: &mut Vec<Action>) {
        let asks = world.left.iter().enumerate().filter(|(_, left)| **left > 0);
        actions.extend(asks.map(|(which, _)| Action::Ask(which)));
        self.publishes(world, actions);
        for (number, node) in world.nodes.iter().enumerate() {
            let (shard, service) = who(number);
            if !node.log.is_empty() {
                actions.push(Action::Read(number));
            }
            if world.crashes > 0 && node.outbox.iter().any(|outgoing| outgoing.stage != Stage::First) {
                actions.push(Action::Crash(number));
            }
            if service == Service::Debit {
                let alarms = &self.minds[usize::from(shard.0)].debit.seen(node.mind).alarms;
                actions.extend((0..alarms.len()).map(|which| Action::Ring(number, which)));
            }
        }
    }

    /// The state that follows.
    pub(crate) fn after(&self, mut world: World, action: Action) -> World {
        match action {
            Action::Ask(which) => {
                world.left[which] -= 1;
                self.asked(world, self.scenario.given.len() + which)
            }
            Action::Read(number) => {
                self.read(&mut world, number);
                world
            }
            Action::Publish(number, which) => self.published(world, number, which),
            Action::Crash(number) => self.crashed(world, number),
            Action::Ring(number, which) => {
                self.hear(&mut world, number, Ear::Alarm(which));
                world
            }
        }
    }

    fn numbered(&self, asks: &[Ask]) -> Vec<Number> {
        asks.iter().map(|ask| self.number(ask.input())).collect()
    }

    pub(crate) fn flow_count(&self) -> usize {
        self.flows.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn number(&self, input: Input) -> Number {
        let text = format!("{input:?}");
        self.messages.number(text, || {
            let flow = message::flow(&input);
            let mut flows = self.flows.write().unwrap_or_else(PoisonError::into_inner);
            let known = flows.iter().position(|other| *other == flow);
            let number = known.unwrap_or_else(|| {
                flows.push(flow);
                flows.len() - 1
            });
            Message {
                id: input.as_cause().id,
                cause: match &input {
                    Input::Event(event) => Some(event.cause),
                    Input::Request(_) | Input::Due(_) => None,
                },
                flow: number,
                destinations: message::destinations(&input, self.shards),
                heard_by: (0..self.start.nodes.len())
                    .map(|node| self.hears(node, &input))
                    .collect(),
                input,
            }
        })
    }

    /// Whether a service hears a message in its shard's log, judged by its subject and its content.
    fn hears(&self, node: usize, input: &Input) -> bool {
        let (shard, service) = who(node);
        let subject = match input {
            Input::Event(event) => Subject::Events(event.source),
            Input::Request(request) => Subject::Request(request.verb, request.account.clone()),
            Input::Due(_) => return false,
        };
        let place = Place {
            shard,
            shards: self.shards,
        };
        subject.heard_by(service)
            && match service {
                Service::Debit => D::concerns(input, place),
                Service::Credit => C::concerns(input, place),
                Service::Ledger => L::concerns(input, place),
            }
    }

    /// One node hears an input: it gets its new mind, and the event it decides goes into its outbox.
    fn hear(&self, world: &mut World, number: usize, ear: Ear) {
        let (shard, service) = who(number);
        let trio = &self.minds[usize::from(shard.0)];
        let input = |message| self.messages.get(message).input.clone();
        let says = |event: &Event| self.number(Input::Event(event.clone()));
        let node = &mut world.nodes[number];
        let (mind, said) = match service {
            Service::Debit => trio.debit.hear(node.mind, ear, input, says),
            Service::Credit => trio.credit.hear(node.mind, ear, input, says),
            Service::Ledger => trio.ledger.hear(node.mind, ear, input, says),
        };
        node.mind = mind;
        let heard = service != Service::Ledger || self.scenario.late_books;
        node.outbox.extend(said.filter(|_| heard).map(|message| Outgoing {
            message,
            stage: Stage::First,
        }));
    }

    fn read(&self, world: &mut World, number: usize) {
        let message = world.nodes[number].log.remove(0);
        self.hear(world, number, Ear::Message(message));
    }

    fn store(&self, world: &mut World, shard: Shard, message: Number) {
        let heard_by = &self.messages.get(message).heard_by;
        for service in Service::ALL {
            let node = node(shard, service);
            if heard_by[node] {
                world.nodes[node].log.push(message);
            }
        }
    }

    fn asked(&self, mut world: World, which: usize) -> World {
        let message = self.requests[which];
        let (shard, _) = self.messages.get(message).destinations;
        world.asked |= 1 << which;
        self.store(&mut world, shard, message);
        self.hurried(world)
    }

    /// Reads everything that the scenario does not allow to be read late.
    fn hurried(&self, mut world: World) -> World {
        for number in 0..world.nodes.len() {
            let (_, service) = who(number);
            let late = match service {
                Service::Debit | Service::Credit => self.scenario.late_reads,
                Service::Ledger => self.scenario.late_books,
            };
            while !late && !world.nodes[number].log.is_empty() {
                self.read(&mut world, number);
            }
        }
        world
    }

    /// Continues, without choice, until nothing is left to do.
    fn settled(&self, mut world: World) -> World {
        loop {
            let reads = (0..world.nodes.len()).find(|number| !world.nodes[*number].log.is_empty());
            let mut publishes = Vec::new();
            self.publishes(&world, &mut publishes);
            world = match (reads, publishes.first()) {
                (Some(number), _) => {
                    self.read(&mut world, number);
                    world
                }
                (None, Some(Action::Publish(number, which))) => self.published(world, *number, *which),
                (None, _) => return world,
            };
        }
    }

    fn destination(&self, outgoing: Outgoing) -> Option<Shard> {
        let (first, then) = self.messages.get(outgoing.message).destinations;
        match outgoing.stage {
            Stage::First => Some(first),
            Stage::Then => then,
            Stage::Done => None,
        }
    }

    /// The publishes that are possible now. Each destination receives an outbox's events in order; an event goes to its second
    /// destination only once it and all earlier events have reached their first.
    fn publishes(&self, world: &World, actions: &mut Vec<Action>) {
        for (number, node) in world.nodes.iter().enumerate() {
            let mut taken: Vec<(Stage, Shard)> = Vec::new();
            for (which, outgoing) in node.outbox.iter().enumerate() {
                let Some(shard) = self.destination(*outgoing) else {
                    continue;
                };
                let blocked = taken.iter().any(|(stage, other)| {
                    let earlier = *stage == Stage::First && outgoing.stage == Stage::Then;
                    earlier || (*stage, *other) == (outgoing.stage, shard)
                });
                if !blocked {
                    actions.push(Action::Publish(number, which));
                }
                taken.push((outgoing.stage, shard));
            }
        }
    }

    fn published(&self, mut world: World, number: usize, which: usize) -> World {
        let outgoing = world.nodes[number].outbox[which];
        let (_, then) = self.messages.get(outgoing.message).destinations;
        if let Some(shard) = self.destination(outgoing) {
            self.store(&mut world, shard, outgoing.message);
        }
        world.nodes[number].outbox[which].stage = match (outgoing.stage, then) {
            (Stage::First, Some(_)) => Stage::Then,
            (Stage::First, None) | (Stage::Then | Stage::Done, _) => Stage::Done,
        };
        mark(&mut world);
        self.hurried(world)
    }

    fn crashed(&self, mut world: World, number: usize) -> World {
        world.crashes -= 1;
        for outgoing in &mut world.nodes[number].outbox {
            outgoing.stage = Stage::First;
        }
        mark(&mut world);
        self.hurried(world)
    }
}

/// Forgets events that can no longer be published again.
fn mark(world: &mut World) {
    if world.crashes == 0 {
        for node in &mut world.nodes {
            node.outbox.retain(|outgoing| outgoing.stage != Stage::Done);
        }
    }
}
