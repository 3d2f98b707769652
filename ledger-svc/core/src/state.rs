//! The rows that ledger-svc writes: bookings, accounts, heads of flows.

use std::collections::{BTreeMap, BTreeSet};

use wallet_contract::event::{
    Cause, Event, Fact, MessageFact, Movement, MovementFact, Overdraft, RequestFact,
};
use wallet_contract::id::{AccountId, EventId, TransferId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::request::{Order as Wanted, Request};
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;
use wallet_kernel::{Heard, Input, Rows, Standing};

use crate::aside::Aside;
use crate::booking::{Booking, Newest};
use crate::flow::{Flow, FlowKey, Start};
use crate::outcome::Outcome;

/// The rows that a batch touches.
#[derive(Debug, Default)]
pub struct Keys {
    /// Accounts, in all their currencies.
    pub accounts: BTreeSet<AccountId>,
    /// Flows.
    pub flows: BTreeSet<FlowKey>,
    /// Parked messages, by their `message.parked` events.
    pub aside: BTreeSet<EventId>,
    /// Requests and events that may have been recorded before, by id.
    pub recorded: BTreeSet<EventId>,
}

/// The row of one account in one currency. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its standing in the register.
    pub standing: Standing,
    /// Its overdraft limit.
    pub overdraft: Overdraft,
    /// The running balance.
    pub available: i64,
    /// What is reserved for payees.
    pub held: i64,
    /// What it has paid and no payee has received yet.
    pub in_transit: i64,
    /// The newest line of its books, once there is one.
    pub newest: Option<Newest>,
}

/// The rows, as loaded and then changed by the batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By name and currency.
    pub accounts: Rows<(AccountId, Currency), Account>,
    /// New lines.
    pub bookings: Vec<Booking>,
    /// The heads of flows.
    pub flows: Rows<FlowKey, Flow>,
    /// The number of transfers by status.
    pub tally: Rows<Status, i64>,
    /// Parked messages, by their `message.parked` events.
    pub aside: Rows<EventId, Aside>,
    /// When the log stored requests and events, in microseconds: those that were looked up, and those of this batch that may confirm
    /// or cancel a reservation or resolve a parked message.
    pub recorded: BTreeMap<EventId, i64>,
    /// Outcomes to send to waiting clients.
    pub outcomes: Vec<Outcome>,
}

impl State {
    /// Begins a flow for a request, unless its id already has one. A confirm continues its reservation's flow.
    pub(crate) fn begin(&mut self, request: &Request, heard: &Heard<'_>) {
        if request.verb == Verb::Confirm {
            return;
        }
        let movement = match &request.order {
            Ok(Wanted::Transfer(movement) | Wanted::Reserve(movement, _) | Wanted::Reverse(movement)) => {
                Some(movement.clone())
            }
            Ok(
                Wanted::Confirm(_)
                | Wanted::Cancel
                | Wanted::Open(..)
                | Wanted::Freeze
                | Wanted::Unfreeze
                | Wanted::Close,
            )
            | Err(_) => None,
        };
        let start = start(request.verb, heard.input.as_cause(), movement, heard);
        self.begin_flow(&request.account, start, request.transfer);
    }

    /// Begins a flow, unless there is one: a later request with the same id leaves it as it is.
    pub(crate) fn begin_flow(&mut self, account: &AccountId, start: Start, id: TransferId) {
        let payer = account.clone();
        let key = (TransferKey { id, payer }, start.verb.flow());
        if self.flows.get(&key).is_none() {
            self.count(&key, None, Status::Running);
            self.flows.create(key, Flow::started(start));
        }
    }

    /// Changes the head of a flow, if there is one.
    fn change(&mut self, key: &FlowKey, change: impl FnOnce(&mut Flow)) {
        let Some(before) = self.flows.get(key).map(|flow| flow.status) else {
            return;
        };
        let unreached = || unreachable!("the flow has begun");
        let mut now = before;
        self.flows.change(key, unreached, |flow| {
            change(flow);
            now = flow.status;
        });
        if now != before {
            self.count(key, Some(before), now);
        }
    }

    /// Updates the tally when a transfer's status changes.
    fn count(&mut self, (_, verb): &FlowKey, from: Option<Status>, to: Status) {
        if *verb == Verb::Transfer {
            for (status, change) in [(from, -1), (Some(to), 1)] {
                if let Some(status) = status {
                    self.tally
                        .change(&status, || 0, |count| *count = add(*count, change));
                }
            }
        }
    }

    /// The flows that ended in this batch.
    pub fn ended(&self) -> impl Iterator<Item = (&FlowKey, &Flow)> {
        let new = self.flows.created().filter(|(_, flow)| flow.ended_us.is_some());
        let changed = self.flows.changed();
        let went_on =
            changed.filter(|(_, before, flow)| before.ended_us.is_none() && flow.ended_us.is_some());
        new.chain(went_on.map(|(key, _, flow)| (key, flow)))
    }

    /// Begins a flow for a refusal without a valid request. A refused confirm without a reservation is such a flow of its own.
    pub(crate) fn begin_refused(&mut self, payer: &AccountId, event: &Event, heard: &Heard<'_>) {
        let cause = Cause {
            id: event.cause,
            ..event.as_cause()
        };
        self.begin_flow(payer, start(Verb::Confirm, cause, None, heard), event.transfer);
    }

    /// Remembers when the log stored an input that later inputs of this batch may refer to.
    pub(crate) fn record(&mut self, heard: &Heard<'_>) {
        let matters = match &heard.input {
            Input::Request(request) => matches!(request.verb, Verb::Confirm | Verb::Cancel),
            Input::Event(event) => matches!(
                event.fact,
                Fact::Request(_, RequestFact::RequestRecalled(..))
                    | Fact::Movement(_, MovementFact::CreditPromised(_))
                    | Fact::Message(MessageFact::MessageResolved(_))
            ),
            Input::Due(_) => false,
        };
        if matters {
            self.recorded.insert(heard.input.as_cause().id, heard.at_us);
        }
    }

    pub(crate) fn flow(&mut self, movement: &Movement, event: &Event, change: impl FnOnce(&mut Flow)) {
        let key = TransferKey {
            id: event.transfer,
            payer: movement.payer.clone(),
        };
        self.change(&(key, Verb::Transfer), change);
    }

    /// Collects an outcome for waiting clients, and ends the flow if the outcome is an end.
    pub(crate) fn report(&mut self, event: &Event) {
        let Some(outcome) = Outcome::of(event) else { return };
        if outcome.is_end() {
            let settled = event
                .fact
                .movement()
                .filter(|_| outcome.status == Status::Settled);
            let captured = settled.and_then(part);
            let (refusal, at_us) = (event.fact.refusal().cloned(), event.time.as_microsecond());
            self.change(&outcome.flow(), |flow| {
                flow.end(outcome.status, captured, refusal, at_us);
            });
        }
        self.outcomes.push(outcome);
    }
}

/// How much a movement takes of a reservation, in minor units, if it is not all of it.
pub(crate) fn part(movement: &Movement) -> Option<i64> {
    let reserved = movement.reserved?;
    (reserved != movement.money.amount).then(|| movement.money.amount.minor())
}

pub(crate) fn start(verb: Verb, request: Cause, movement: Option<Movement>, heard: &Heard<'_>) -> Start {
    Start {
        verb,
        request: request.id,
        movement,
        trace: request.trace,
        at_us: heard.at_us,
        no: heard.place,
    }
}

pub(crate) fn add(balance: i64, change: i64) -> i64 {
    balance
        .checked_add(change)
        .expect("debit-svc and credit-svc decide nothing that can't be counted")
}
