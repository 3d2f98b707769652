//! What ledger-svc writes: bookings, the page of each account, the head of each flow.

use std::collections::{BTreeMap, BTreeSet};

use wallet_contract::event::{
    AccountFact, Cause, Event, Fact, Failure, MessageFact, Movement, MovementFact, Overdraft, RequestFact,
};
use wallet_contract::id::{AccountId, EventId, TransferId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::request::{Order as Wanted, Request};
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;
use wallet_kernel::{Heard, Input, Place, Rows, Standing};

use crate::aside::{Aside, parked_by, resolved_by};
use crate::booking::{Booking, BookingKind, Newest};
use crate::flow::{Flow, FlowKey, Start};
use crate::outcome::Outcome;

/// The rows that a batch touches.
#[derive(Debug, Default)]
pub struct Keys {
    /// Accounts, in all their currencies.
    pub accounts: BTreeSet<AccountId>,
    /// Flows.
    pub flows: BTreeSet<FlowKey>,
    /// Messages that are parked, by the events that tell so.
    pub aside: BTreeSet<EventId>,
    /// What may have been recorded before: requests and events, by their ids.
    pub recorded: BTreeSet<EventId>,
}

/// The page of one account in one currency. Amounts are minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// What the register says.
    pub standing: Standing,
    /// How far it may be overdrawn.
    pub overdraft: Overdraft,
    /// The running balance.
    pub available: i64,
    /// What is reserved for payees.
    pub held: i64,
    /// What it has paid and no payee has received yet.
    pub in_transit: i64,
    /// Where its books end, once there is a line.
    pub newest: Option<Newest>,
}

/// The rows, loaded and changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By name and currency.
    pub accounts: Rows<(AccountId, Currency), Account>,
    /// New lines.
    pub bookings: Vec<Booking>,
    /// The heads of flows.
    pub flows: Rows<FlowKey, Flow>,
    /// How many transfers stand how.
    pub tally: Rows<Status, i64>,
    /// What is parked, by the event that tells so.
    pub aside: Rows<EventId, Aside>,
    /// When requests and events stood in the log, microseconds: those that were asked for, and this batch's that may be somebody's
    /// word on a reservation or a parked message.
    pub recorded: BTreeMap<EventId, i64>,
    /// What those who wait are to be told.
    pub outcomes: Vec<Outcome>,
}

impl State {
    /// A request begins a flow, unless its id began one before. A confirm goes on with one.
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

    /// A flow begins once: a later request with the same id leaves it as it is.
    fn begin_flow(&mut self, account: &AccountId, start: Start, id: TransferId) {
        let payer = account.clone();
        let key = (TransferKey { id, payer }, start.verb.flow());
        if self.flows.get(&key).is_none() {
            self.count(&key, None, Status::Running);
            self.flows.create(key, Flow::begun(start));
        }
    }

    /// Changes the head of a flow, if it has begun.
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

    /// Counts a transfer that no longer stands as it did.
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

    /// The flows that ended with this batch.
    pub fn ended(&self) -> impl Iterator<Item = (&FlowKey, &Flow)> {
        let begun = self.flows.created().filter(|(_, flow)| flow.ended_us.is_some());
        let changed = self.flows.changed();
        let went_on =
            changed.filter(|(_, before, flow)| before.ended_us.is_none() && flow.ended_us.is_some());
        begun.chain(went_on.map(|(key, _, flow)| (key, flow)))
    }

    /// What was refused without a sound request may have begun with a confirm, and then is a flow of its own.
    fn begin_refused(&mut self, payer: &AccountId, event: &Event, heard: &Heard<'_>) {
        let asked = Cause {
            id: event.cause,
            ..event.as_cause()
        };
        self.begin_flow(payer, start(Verb::Confirm, asked, None, heard), event.transfer);
    }

    /// Books an event. The ledger's own events were applied when they were decided.
    pub(crate) fn book(&mut self, event: &Event, heard: &Heard<'_>, place: Place) {
        match &event.fact {
            Fact::Account(name, fact) => self.book_account(name, fact, event),
            Fact::Movement(movement, fact) => self.book_movement(movement, fact, event, heard, place),
            Fact::Request(account, fact) => self.book_request(account, fact, event, heard),
            Fact::Message(fact) => self.book_message(fact, event, heard),
        }
    }

    fn book_account(&mut self, name: &AccountId, fact: &AccountFact, event: &Event) {
        match fact {
            AccountFact::AccountOpened(currency, overdraft) => {
                let standing = self.standing(name).unwrap_or(Standing::Open);
                // Money may have moved before this was heard, if this was parked.
                self.accounts
                    .change(&(name.clone(), *currency), world, |account| {
                        account.standing = standing;
                        account.overdraft = *overdraft;
                    });
                self.tell(event);
            }
            AccountFact::AccountFrozen => self.stand(name, Standing::Frozen, event),
            AccountFact::AccountUnfrozen | AccountFact::ClosureRefused(_) => {
                self.stand(name, Standing::Open, event);
            }
            AccountFact::AccountClosing => self.stand(name, Standing::Closing, event),
            AccountFact::AccountClosed => self.stand(name, Standing::Closed, event),
            AccountFact::ClosureAccepted => {}
        }
    }

    fn book_movement(
        &mut self,
        movement: &Movement,
        fact: &MovementFact,
        event: &Event,
        heard: &Heard<'_>,
        place: Place,
    ) {
        match fact {
            MovementFact::AccountDebited => {
                self.line(BookingKind::Debit, movement, event, heard);
                self.move_in_transit(movement, true);
                if movement.reserved.is_some() {
                    let word_us = self.recorded.get(&event.cause).copied();
                    self.flow(movement, event, |flow| {
                        if flow.status == Status::Reserved {
                            flow.status = Status::Running;
                        }
                        flow.order(event.cause, part(movement));
                        flow.wait_until(word_us);
                    });
                }
            }
            MovementFact::DebitReversed(_) => {
                self.line(BookingKind::Reversal, movement, event, heard);
                self.move_in_transit(movement, false);
            }
            MovementFact::FundsReserved(_) => self.line(BookingKind::Hold, movement, event, heard),
            MovementFact::ReservationReleased(failure, _) => {
                self.line(BookingKind::Release, movement, event, heard);
                let word_us = self.recorded.get(&event.cause).copied();
                self.flow(movement, event, |flow| match failure {
                    Failure::Cancelled => {
                        flow.order(event.cause, None);
                        flow.wait_until(word_us);
                    }
                    Failure::Expired => flow.wait_until(Some(taken_us(event))),
                    Failure::Refused | Failure::Compensated => {}
                });
            }
            MovementFact::ConfirmationDeferred => {
                self.flow(movement, event, |flow| flow.order(event.cause, None));
            }
            MovementFact::AccountCredited => {
                if place.owns(&movement.payee) {
                    self.line(BookingKind::Credit, movement, event, heard);
                }
                if place.owns(&movement.payer) {
                    self.move_in_transit(movement, false);
                }
            }
            MovementFact::CreditPromised(terms) => {
                if !terms.auto_confirm {
                    self.flow(movement, event, |flow| flow.promise(heard.at_us));
                }
                self.tell(event);
            }
            MovementFact::CreditRefused(_)
            | MovementFact::ReversalGranted
            | MovementFact::TransferSettled => {}
        }
    }

    fn book_request(&mut self, account: &AccountId, fact: &RequestFact, event: &Event, heard: &Heard<'_>) {
        match fact {
            RequestFact::RequestRefused(..) => self.tell(event),
            RequestFact::DebitRefused(None, ..) => self.begin_refused(account, event, heard),
            // A confirm goes on with the reservation's flow.
            RequestFact::RequestRecalled(Verb::Confirm, ..) => {}
            RequestFact::RequestRecalled(verb, movement, _) => {
                let start = start(*verb, event.as_cause(), movement.clone(), heard);
                self.begin_flow(account, start, event.transfer);
            }
            RequestFact::DebitRefused(..)
            | RequestFact::ReservationBarred
            | RequestFact::ReversalDenied(..)
            | RequestFact::TransferFailed(..) => {}
        }
    }

    fn book_message(&mut self, fact: &MessageFact, event: &Event, heard: &Heard<'_>) {
        match fact {
            MessageFact::MessageParked(parked) => {
                // After a stream was healed, `message.resolved` may be heard first.
                if !self.recorded.contains_key(&resolved_by(event)) {
                    let transfer = parked.transfer.map(|transfer| transfer.to_string());
                    let no = heard.log_place();
                    self.aside.create(event.id, Aside { no, transfer });
                }
            }
            MessageFact::MessageResolved(_) => self.aside.remove(&parked_by(event)),
        }
    }

    /// Remembers when something stood in the log that may matter to what follows in this batch.
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

    fn flow(&mut self, movement: &Movement, event: &Event, change: impl FnOnce(&mut Flow)) {
        let key = TransferKey {
            id: event.transfer,
            payer: movement.payer.clone(),
        };
        self.change(&(key, Verb::Transfer), change);
    }

    /// Whoever waits for a request is told its outcome; an end ends its flow.
    pub(crate) fn tell(&mut self, event: &Event) {
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

    fn standing(&self, name: &AccountId) -> Option<Standing> {
        self.accounts
            .iter()
            .find(|((n, _), _)| n == name)
            .map(|(_, account)| account.standing)
    }

    fn stand(&mut self, name: &AccountId, standing: Standing, event: &Event) {
        let pages: Vec<_> = self
            .accounts
            .iter()
            .filter(|((n, _), _)| n == name)
            .map(|(key, _)| key.clone())
            .collect();
        for page in pages {
            self.accounts
                .change(&page, world, |account| account.standing = standing);
        }
        self.tell(event);
    }

    fn line(&mut self, kind: BookingKind, movement: &Movement, event: &Event, heard: &Heard<'_>) {
        let (minor, reserved) = (movement.money.amount.minor(), movement.held());
        let (account, counterparty) = match kind {
            BookingKind::Credit => (&movement.payee, &movement.payer),
            BookingKind::Debit | BookingKind::Reversal | BookingKind::Hold | BookingKind::Release => {
                (&movement.payer, &movement.payee)
            }
        };
        let (amount, held) = match kind {
            BookingKind::Debit => (add(reserved, opposite(minor)), opposite(reserved)),
            BookingKind::Reversal | BookingKind::Credit => (minor, 0),
            BookingKind::Hold => (opposite(minor), minor),
            BookingKind::Release => (minor, opposite(minor)),
        };
        let key = (account.clone(), movement.money.currency);
        let (no, mut line, mut previous) = (heard.log_place(), 1, None);
        let (mut balance, mut held_balance) = (0, 0);
        self.accounts.change(&key, world, |page| {
            page.available = add(page.available, amount);
            page.held = add(page.held, held);
            (balance, held_balance) = (page.available, page.held);
            if let Some(newest) = page.newest {
                (line, previous) = (add(newest.line, 1), Some(newest.no));
            }
            page.newest = Some(Newest { line, no });
        });
        self.bookings.push(Booking {
            account: account.clone(),
            currency: movement.money.currency,
            no,
            at_us: heard.at_us,
            line,
            previous,
            kind,
            amount,
            held,
            balance,
            held_balance,
            counterparty: counterparty.clone(),
            transfer: event.transfer,
            trace: event.trace,
            memo: movement.memo.clone(),
            reverses: movement.reverses,
        });
    }

    fn move_in_transit(&mut self, movement: &Movement, out: bool) {
        let minor = movement.money.amount.minor();
        let change = if out { minor } else { opposite(minor) };
        self.accounts.change(
            &(movement.payer.clone(), movement.money.currency),
            world,
            |page| {
                page.in_transit = add(page.in_transit, change);
            },
        );
    }
}

/// When a service took up what it decided on, microseconds.
fn taken_us(event: &Event) -> i64 {
    event
        .time
        .as_microsecond()
        .saturating_sub(i64::from(event.work_us))
}

/// How much a movement takes of what was reserved, if it is not all, minor units.
fn part(movement: &Movement) -> Option<i64> {
    let reserved = movement.reserved?;
    (reserved != movement.money.amount).then(|| movement.money.amount.minor())
}

fn start(verb: Verb, request: Cause, movement: Option<Movement>, heard: &Heard<'_>) -> Start {
    Start {
        verb,
        request: request.id,
        movement,
        trace: request.trace,
        at_us: heard.at_us,
        no: heard.log_place(),
    }
}

fn add(balance: i64, change: i64) -> i64 {
    balance
        .checked_add(change)
        .expect("debit-svc and credit-svc decide nothing that can't be counted")
}

fn opposite(amount: i64) -> i64 {
    amount
        .checked_neg()
        .expect("an amount is not negative, so it has an opposite")
}

/// The outside, whose page is there from the start.
fn world() -> Account {
    Account {
        standing: Standing::Open,
        overdraft: Overdraft::Unlimited,
        available: 0,
        held: 0,
        in_transit: 0,
        newest: None,
    }
}
