//! Starts instances: the real loop with the real core, unless a mutation wraps one of them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use credit_core::Credit;
use debit_core::Debit;
use futures_util::FutureExt;
use ledger_core::Ledger;
use wallet_contract::shard::Shard;
use wallet_contract::subject::Service;
use wallet_engine::bus::Bus;
use wallet_engine::shard_loop::{self, Context, Limits};
use wallet_engine::store::Store;
use wallet_kernel::Place;

use super::World;
use crate::bus::SimBus;
use crate::mutation::Mutation;
use crate::mutation::cores::{BreakPromise, CompensateTwice, CreditEarly, Forgetful};
use crate::mutation::log::MutantLog;
use crate::mutation::store::Mutant;
use crate::node::{Node, Site, now, run_as};
use crate::store::{Shared, SimStore};
use crate::tables::Tables;
use crate::watch::Watched;

impl World {
    /// Starts an instance, which works as soon as the lease is free.
    pub(crate) fn start(self: &Arc<Self>, site: Site) {
        let shard = usize::from(site.shard);
        let place = Place {
            shard: Shard(site.shard),
            shards: self.shards,
        };
        let node = {
            let mut state = self.state();
            state.instances += 1;
            let node = Node::new(
                self.clone(),
                site,
                place,
                state.instances,
                self.chance(state.instances),
            );
            state.nodes.push(node.clone());
            node
        };
        self.note(format!("{node} starts"));
        match (site.service, self.mutation) {
            (Service::Debit, Some(Mutation::ForgetToCompensate)) => {
                self.work::<Watched<Forgetful>, _>(&node, &self.debit[shard]);
            }
            (Service::Debit, Some(Mutation::CompensateTwice)) => {
                self.work::<Watched<CompensateTwice>, _>(&node, &self.debit[shard]);
            }
            (Service::Credit, Some(Mutation::CreditEarly)) => {
                self.work::<CreditEarly, _>(&node, &self.credit[shard]);
            }
            (Service::Credit, Some(Mutation::BreakPromise)) => {
                self.work::<BreakPromise, _>(&node, &self.credit[shard]);
            }
            (Service::Debit, _) => self.work::<Watched<Debit>, _>(&node, &self.debit[shard]),
            (Service::Credit, _) => self.work::<Credit, _>(&node, &self.credit[shard]),
            (Service::Ledger, _) => self.work::<Ledger, _>(&node, &self.ledger[shard]),
        }
    }

    fn work<C, T>(self: &Arc<Self>, node: &Node, database: &Shared<T>)
    where
        T: Tables,
        SimStore<C, T>: Store + 'static,
        Mutant<C, T>: Store + 'static,
    {
        let store = SimStore::<C, T>::new(node.clone(), database.clone());
        let bus = SimBus::new(node.clone());
        match self.mutation {
            Some(mutation) => {
                let context = Self::context(node, MutantLog { bus, mutation });
                self.watch(node, shard_loop::run(Mutant::new(store, mutation), context));
            }
            None => self.watch(node, shard_loop::run(store, Self::context(node, bus))),
        }
    }

    fn context<B: Bus>(node: &Node, bus: B) -> Context<B> {
        Context {
            service: node.site().service,
            place: node.place(),
            bus,
            clock: now,
            board: node.board().clone(),
            meter: Box::new(()),
            stop: node.stop().clone(),
            instance: node.to_string(),
            // So few that the decisions of a batch are often split.
            limits: Limits {
                events: 3,
                ..Limits::default()
            },
            copies: Arc::default(),
        }
    }

    /// Runs an instance's loop, which must not panic.
    fn watch(self: &Arc<Self>, node: &Node, work: impl Future<Output = ()> + Send + 'static) {
        let (world, node, running) = (self.clone(), node.clone(), node.clone());
        let ended = node.clone();
        let watched = async move {
            let worked = AssertUnwindSafe(run_as(running, work));
            match worked.catch_unwind().await {
                Ok(()) => world.note(format!("{ended} has stopped")),
                Err(panic) => {
                    let text = panic.downcast_ref::<String>().map(String::as_str);
                    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                    let text = format!("{ended}: {}", text.unwrap_or("it panicked"));
                    world.breach("invariant_nothing_panics", text);
                }
            }
            world.forget(&ended);
        };
        node.aborts_by(tokio::spawn(watched).abort_handle());
    }

    /// Removes an instance that has ended.
    pub(crate) fn forget(&self, node: &Node) {
        self.state().nodes.retain(|other| other.number() != node.number());
    }

    /// The living instances of a site.
    pub(crate) fn living(&self, site: Site) -> Vec<Node> {
        let state = self.state();
        let here = state.nodes.iter().filter(|node| node.site() == site);
        here.cloned().collect()
    }
}
