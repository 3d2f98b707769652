//! The rows of ledger-svc.

use std::collections::{BTreeMap, BTreeSet};

use ledger_core::{Account, Booking, Flow, FlowKey, Keys, Ledger, State};
use wallet_contract::id::{AccountId, EventId};
use wallet_contract::money::Currency;
use wallet_contract::subject::{self, Service};
use wallet_runtime::bus::Notice;
use wallet_runtime::store::Outgoing;

use super::{Tables, difference};

/// Pages, bookings and the heads of flows.
#[derive(Debug, Default)]
pub(crate) struct LedgerTables {
    pub(crate) accounts: BTreeMap<(AccountId, Currency), Account>,
    pub(crate) flows: BTreeMap<FlowKey, Flow>,
    bookings: Vec<Booking>,
    /// Account and event of each booking: one line for each.
    booked: BTreeSet<(AccountId, EventId)>,
}

impl Tables for LedgerTables {
    type Core = Ledger;
    const SERVICE: Service = Service::Ledger;

    fn load(&self, keys: &Keys, _events: &[Outgoing]) -> State {
        let mut state = State::default();
        for (key, row) in &self.accounts {
            if keys.accounts.contains(&key.0) {
                state.accounts.load(key.clone(), *row);
            }
        }
        state
    }

    fn save(&mut self, state: &State) -> Result<(), String> {
        for line in &state.bookings {
            if !self.booked.insert((line.account.clone(), line.event)) {
                return Err(format!("{} is booked on {} already", line.event, line.account));
            }
        }
        for (key, row) in state.accounts.written() {
            self.accounts.insert(key.clone(), *row);
        }
        self.bookings.extend(state.bookings.iter().cloned());
        for (key, row) in state.flows.written() {
            self.merge(key, row)?;
        }
        Ok(())
    }

    fn notices(state: &State) -> Vec<Notice> {
        let told = state.outcomes.iter().map(|outcome| Notice {
            subject: subject::outcome(&outcome.account, outcome.event.transfer),
            payload: outcome.word.to_owned(),
        });
        told.collect()
    }

    fn differs(&self, refold: &State) -> Option<String> {
        if self.bookings != refold.bookings {
            let (live, folded) = (self.bookings.last(), refold.bookings.last());
            return Some(format!("bookings: live {live:?}, refolded {folded:?}"));
        }
        difference(self.accounts.iter(), &refold.accounts).or_else(|| self.flows_differ(refold))
    }
}

impl LedgerTables {
    /// A flow begins once and ends once, whatever comes later; an end without a beginning would update no row.
    fn merge(&mut self, key: &FlowKey, learnt: &Flow) -> Result<(), String> {
        let flow = self.flows.entry(key.clone()).or_default();
        if flow.start.is_none() {
            flow.start.clone_from(&learnt.start);
        }
        flow.now = learnt.now.or(flow.now);
        flow.order = learnt.order.map(|order| order.after(flow.order)).or(flow.order);
        if flow.end.is_none() {
            flow.end.clone_from(&learnt.end);
        }
        if flow.start.is_some() {
            return Ok(());
        }
        Err(format!("flow {key:?} goes on and has not begun: {learnt:?}"))
    }

    /// A refold in memory keeps the last end of a flow and the table the first, so only that it has ended is compared.
    fn flows_differ(&self, refold: &State) -> Option<String> {
        let head = |flow: &Flow| (flow.start.clone(), flow.now, flow.order, flow.end.is_some());
        let folded: BTreeMap<_, _> = refold.flows.iter().collect();
        let missing = folded.len() != self.flows.len();
        let differs =
            |(key, flow): &(&FlowKey, &Flow)| folded.get(*key).is_none_or(|other| head(flow) != head(other));
        match self.flows.iter().find(differs) {
            Some((key, flow)) => Some(format!(
                "flow {key:?}: live {flow:?}, refolded {:?}",
                folded.get(key)
            )),
            None => missing.then(|| format!("{} flows live, {} refolded", self.flows.len(), folded.len())),
        }
    }
}
