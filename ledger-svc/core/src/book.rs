//! Booking events: statement lines, account rows, heads of flows.

use wallet_contract::event::{
    AccountFact, Event, Fact, Failure, MessageFact, Movement, MovementFact, Overdraft, RequestFact,
};
use wallet_contract::id::AccountId;
use wallet_contract::status::Status;
use wallet_contract::subject::Verb;
use wallet_kernel::{Heard, Place, Standing};

use crate::aside::{Aside, parked_by, resolved_by};
use crate::booking::{Booking, BookingKind, Newest};
use crate::state::{Account, State, add, part, start};

impl State {
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
                // Money may have moved before this event was heard, if it was parked.
                self.accounts
                    .change(&(name.clone(), *currency), world, |account| {
                        account.standing = standing;
                        account.overdraft = *overdraft;
                    });
                self.report(event);
            }
            AccountFact::AccountFrozen => self.set_standing(name, Standing::Frozen, event),
            AccountFact::AccountUnfrozen | AccountFact::ClosureRefused(_) => {
                self.set_standing(name, Standing::Open, event);
            }
            AccountFact::AccountClosing => self.set_standing(name, Standing::Closing, event),
            AccountFact::AccountClosed => self.set_standing(name, Standing::Closed, event),
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
                self.report(event);
            }
            MovementFact::CreditRefused(_)
            | MovementFact::ReversalGranted
            | MovementFact::TransferSettled => {}
        }
    }

    fn book_request(&mut self, account: &AccountId, fact: &RequestFact, event: &Event, heard: &Heard<'_>) {
        match fact {
            RequestFact::RequestRefused(..) => self.report(event),
            RequestFact::DebitRefused(None, ..) => self.begin_refused(account, event, heard),
            // A confirm continues the reservation's flow.
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
                    let no = heard.place;
                    self.aside.create(event.id, Aside { no, transfer });
                }
            }
            MessageFact::MessageResolved(_) => self.aside.remove(&parked_by(event)),
        }
    }

    fn standing(&self, name: &AccountId) -> Option<Standing> {
        self.accounts
            .iter()
            .find(|((n, _), _)| n == name)
            .map(|(_, account)| account.standing)
    }

    fn set_standing(&mut self, name: &AccountId, standing: Standing, event: &Event) {
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
        self.report(event);
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
        let (no, mut line, mut previous) = (heard.place, 1, None);
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

/// When the service began work on the event's cause, in microseconds.
fn taken_us(event: &Event) -> i64 {
    event
        .time
        .as_microsecond()
        .saturating_sub(i64::from(event.work_us))
}

fn opposite(amount: i64) -> i64 {
    amount
        .checked_neg()
        .expect("an amount is not negative, so it has an opposite")
}

/// The outside world, whose row exists from the start.
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
