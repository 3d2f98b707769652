//! One service on one shard, and the three services of a shard.

use std::collections::{BTreeSet, VecDeque};

use credit_core::{Credit, Keys};
use debit_core::Debit;
use ledger_core::Ledger;
use wallet_contract::event::{Event, Fact, MovementFact};
use wallet_contract::id::EventId;
use wallet_contract::subject::Service;
use wallet_invariants::rows::one_end;
use wallet_kernel::testing::{Player, place};
use wallet_kernel::{Decider, Input};

use super::world::SHARDS;

/// A service on one shard: its state, its position, and what it has handled and published.
pub(crate) struct Reader<C: Decider> {
    pub(crate) player: Player<C>,
    /// What it has heard at one end of a transfer only.
    pub(crate) one_end: i128,
    /// Its event store.
    pub(crate) decided: Vec<Event>,
    /// Events that it has not published to the second destination yet.
    pub(crate) later: VecDeque<Event>,
    inbox: BTreeSet<EventId>,
    position: usize,
}

pub(crate) struct Node {
    pub(crate) debit: Reader<Debit>,
    pub(crate) credit: Reader<Credit>,
    pub(crate) ledger: Reader<Ledger>,
}

/// A message, with the time at which it was stored.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) at_us: i64,
    pub(crate) input: Input,
}

impl<C: Decider> Reader<C> {
    fn new(service: Service, shard: u16) -> Self {
        Self {
            player: Player::on(service, place(shard, SHARDS)),
            one_end: 0,
            decided: Vec::new(),
            later: VecDeque::new(),
            inbox: BTreeSet::new(),
            position: 0,
        }
    }

    /// Reads one message, if there is one. Returns whether there was one, and the decision on it.
    pub(crate) fn read(&mut self, log: &[Stored]) -> (bool, Option<Event>) {
        let Some(stored) = log.get(self.position) else {
            return (false, None);
        };
        self.position += 1;
        (true, self.hear(&stored.input, stored.at_us))
    }

    pub(crate) fn hear(&mut self, input: &Input, at_us: i64) -> Option<Event> {
        let service = self.player.source.service;
        let ours = matches!(input, Input::Event(event) if event.source.service == service);
        if ours || !C::concerns(input, self.player.place) || !self.inbox.insert(input.as_cause().id) {
            return None;
        }
        self.one_end += one_end(input, self.player.place);
        self.player.at_us = at_us;
        let event = self.player.hear(input)?;
        self.decided.push(event.clone());
        Some(event)
    }
}

impl Reader<Credit> {
    /// Loads what the next message needs from the event store, as the service does.
    pub(crate) fn load(&mut self, log: &[Stored]) {
        let mut keys = Keys::default();
        if let Some(next) = log.get(self.position) {
            Credit::touches(&next.input, self.player.place, &mut keys);
        }
        for key in keys.reversed {
            let of_key = |event: &&Event| event.transfer == key.id && event.fact.account() == key.payer;
            let credited =
                |event: &&Event| matches!(event.fact, Fact::Movement(_, MovementFact::AccountCredited));
            let event = self.decided.iter().filter(of_key).find(credited);
            let receipt = event.and_then(|event| event.fact.movement().cloned());
            self.player.state.receipts.insert(key, receipt);
        }
    }
}

impl Node {
    pub(crate) fn new(shard: u16) -> Self {
        Self {
            debit: Reader::new(Service::Debit, shard),
            credit: Reader::new(Service::Credit, shard),
            ledger: Reader::new(Service::Ledger, shard),
        }
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        let all = [&self.debit.decided, &self.credit.decided, &self.ledger.decided];
        all.into_iter().flatten()
    }
}
