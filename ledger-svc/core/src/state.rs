//! What ledger-svc writes: bookings, the page of each account, the head of each flow.

use std::collections::BTreeSet;

use wallet_contract::decider::{Heard, Place, Rows};
use wallet_contract::event::{Event, Fact, Movement, Overdraft};
use wallet_contract::id::{AccountId, EventId, TransferId, TransferKey};
use wallet_contract::money::Currency;
use wallet_contract::reason::Refusal;
use wallet_contract::request::{Order, Request};
use wallet_contract::subject::Verb;
use wallet_contract::trace::TraceId;

use crate::outcome::Outcome;

/// The rows that a batch touches.
#[derive(Debug, Default)]
pub struct Keys {
    /// Accounts, in all their currencies.
    pub accounts: BTreeSet<AccountId>,
}

/// What the register says of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Pays and receives.
    Open,
    /// Neither, for now.
    Frozen,
    /// Being closed.
    Closing,
    /// Closed for good.
    Closed,
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
    /// What it has paid and no payee has received yet.
    pub in_transit: i64,
}

/// Which way a booking goes, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookingKind {
    /// The payer has paid: account → `@in-transit`.
    Debit,
    /// The payee has received: `@in-transit` → account.
    Credit,
    /// The payer got it back: `@in-transit` → account.
    Reversal,
}

/// One line of a statement: double entry between an account and `@in-transit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Whose line.
    pub account: AccountId,
    /// In which currency.
    pub currency: Currency,
    /// When the event was stored in the account's log, microseconds; never goes back.
    pub at_us: i64,
    /// The sequence of the event's message in the account's stream.
    pub sequence: u64,
    /// Which element of the message.
    pub index: u32,
    /// Why.
    pub kind: BookingKind,
    /// What the account gains, minor units; `@in-transit` gains the opposite.
    pub amount: i64,
    /// The running balance behind it.
    pub balance: i64,
    /// Who is at the other end of the transfer.
    pub counterparty: AccountId,
    /// The transfer.
    pub transfer: TransferId,
    /// Its trace.
    pub trace: TraceId,
    /// The event that was booked.
    pub event: EventId,
    /// The line's text.
    pub memo: Option<String>,
}

/// How a flow stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Not ended yet.
    Running,
    /// A transfer that ended well.
    Settled,
    /// Refused before any money moved.
    Refused,
    /// Debited, not credited, given back.
    Compensated,
    /// An operator's request that was carried out.
    Done,
}

/// How a flow began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// What was asked.
    pub verb: Verb,
    /// The request.
    pub request: EventId,
    /// The movement, of a sound transfer.
    pub movement: Option<Movement>,
    /// The trace.
    pub trace: TraceId,
    /// When the request was stored in the log, microseconds.
    pub at_us: i64,
    /// The sequence of its message.
    pub sequence: u64,
    /// Which element of the message.
    pub index: u32,
}

/// How a flow ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The final status.
    pub status: Status,
    /// Why, if not well.
    pub refusal: Option<Refusal>,
    /// When that was decided, microseconds.
    pub at_us: i64,
}

/// Which flow: one id may name a transfer, and apart from it an operator's request.
pub type FlowKey = (TransferKey, Verb);

/// What a batch learnt of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// Its beginning, if it was in this batch.
    pub start: Option<Start>,
    /// Its end, if it was in this batch.
    pub end: Option<End>,
}

/// The rows, loaded and changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// By name and currency.
    pub accounts: Rows<(AccountId, Currency), Account>,
    /// New lines.
    pub bookings: Vec<Booking>,
    /// Flows that began or ended.
    pub flows: Rows<FlowKey, Flow>,
    /// What those who wait are to be told.
    pub outcomes: Vec<Outcome>,
}

impl Standing {
    /// The word that is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }
}

impl BookingKind {
    /// The word that is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
            Self::Reversal => "reversal",
        }
    }
}

impl Status {
    /// How a flow can end.
    pub const ENDS: [Self; 4] = [Self::Settled, Self::Refused, Self::Compensated, Self::Done];

    /// The word that is stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Settled => "settled",
            Self::Refused => "refused",
            Self::Compensated => "compensated",
            Self::Done => "done",
        }
    }
}

impl State {
    /// A request begins a flow, unless its id began one before.
    pub(crate) fn begin(&mut self, request: &Request, heard: &Heard<'_>) {
        let movement = match &request.order {
            Ok(Order::Transfer(movement)) => Some(movement.clone()),
            Ok(Order::Open(..) | Order::Freeze | Order::Unfreeze | Order::Close) | Err(_) => None,
        };
        let start = Start {
            verb: request.verb,
            request: request.id,
            movement,
            trace: request.trace,
            at_us: heard.at_us,
            sequence: heard.sequence,
            index: heard.index,
        };
        let key = TransferKey {
            id: request.transfer,
            payer: request.account.clone(),
        };
        self.flows.change(&(key, request.verb), Flow::default, |flow| {
            flow.start.get_or_insert(start);
        });
    }

    /// Books what was heard.
    pub(crate) fn book(&mut self, event: &Event, heard: &Heard<'_>, place: Place) {
        match &event.fact {
            Fact::AccountDebited(movement) => {
                self.line(BookingKind::Debit, movement, event, heard);
                self.move_in_transit(movement, true);
            }
            Fact::DebitReversed(movement, _) => {
                self.line(BookingKind::Reversal, movement, event, heard);
                self.move_in_transit(movement, false);
            }
            Fact::AccountCredited(movement) => {
                if place.owns(&movement.payee) {
                    self.line(BookingKind::Credit, movement, event, heard);
                }
                if place.owns(&movement.payer) {
                    self.move_in_transit(movement, false);
                }
            }
            Fact::AccountOpened(name, currency, overdraft) => {
                let standing = self.standing(name).unwrap_or(Standing::Open);
                let account = Account {
                    standing,
                    overdraft: *overdraft,
                    available: 0,
                    in_transit: 0,
                };
                self.accounts.create((name.clone(), *currency), account);
                self.end(event);
            }
            Fact::AccountFrozen(name) => self.stand(name, Standing::Frozen, event),
            Fact::AccountUnfrozen(name) | Fact::ClosureRefused(name, _) => {
                self.stand(name, Standing::Open, event);
            }
            Fact::AccountClosing(name) => self.stand(name, Standing::Closing, event),
            Fact::AccountClosed(name) => self.stand(name, Standing::Closed, event),
            Fact::RequestRefused(..) => self.end(event),
            // Our own were taken in when they were decided.
            Fact::TransferSettled(_)
            | Fact::TransferFailed(..)
            | Fact::ClosureAccepted(_)
            | Fact::DebitRefused(..)
            | Fact::CreditRefused(..)
            | Fact::MessageParked(_) => {}
        }
    }

    /// Ends the flow, if that is what the event does, and tells it.
    pub(crate) fn end(&mut self, event: &Event) {
        let Some(outcome) = Outcome::of(event) else { return };
        // An id that was used again is told to who did so; the first transfer's flow is not touched.
        let another = matches!(&event.fact, Fact::RequestRefused(_, Verb::Transfer, _));
        if !another {
            let key = TransferKey {
                id: event.transfer,
                payer: outcome.account.clone(),
            };
            let at_us = event.time.as_microsecond();
            let refusal = event.fact.refusal().cloned();
            let end = End {
                status: outcome.status,

                refusal,
                at_us,
            };
            self.flows
                .change(&(key, outcome.verb), Flow::default, |flow| flow.end = Some(end));
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
        self.end(event);
    }

    fn line(&mut self, kind: BookingKind, movement: &Movement, event: &Event, heard: &Heard<'_>) {
        let minor = movement.money.amount.minor();
        let (account, counterparty, amount) = match kind {
            BookingKind::Debit => (&movement.payer, &movement.payee, minor.checked_neg()),
            BookingKind::Reversal => (&movement.payer, &movement.payee, Some(minor)),
            BookingKind::Credit => (&movement.payee, &movement.payer, Some(minor)),
        };
        let amount = amount.expect("an amount is above zero, so it has an opposite");
        let mut balance = 0;
        self.accounts
            .change(&(account.clone(), movement.money.currency), world, |page| {
                page.available = add(page.available, amount);
                balance = page.available;
            });
        self.bookings.push(Booking {
            account: account.clone(),
            currency: movement.money.currency,
            at_us: heard.at_us,
            sequence: heard.sequence,
            index: heard.index,
            kind,
            amount,
            balance,
            counterparty: counterparty.clone(),
            transfer: event.transfer,
            trace: event.trace,
            event: event.id,
            memo: movement.memo.clone(),
        });
    }

    fn move_in_transit(&mut self, movement: &Movement, out: bool) {
        let minor = movement.money.amount.minor();
        let change = if out { Some(minor) } else { minor.checked_neg() };
        let change = change.expect("an amount is above zero, so it has an opposite");
        self.accounts.change(
            &(movement.payer.clone(), movement.money.currency),
            world,
            |page| {
                page.in_transit = add(page.in_transit, change);
            },
        );
    }
}

fn add(balance: i64, change: i64) -> i64 {
    balance
        .checked_add(change)
        .expect("debit-svc and credit-svc decide nothing that can't be counted")
}

/// The outside, whose page is there from the start.
fn world() -> Account {
    Account {
        standing: Standing::Open,
        overdraft: Overdraft::Unlimited,
        available: 0,
        in_transit: 0,
    }
}
