//! The effect of events on the audit's books and flows.

use wallet_contract::event::{AccountFact, Fact, MessageFact, Movement, MovementFact, Parked, RequestFact};
use wallet_contract::shard::Shard;

use super::{Audit, Here};
use crate::books::{AccountNo, Effect, decimal};
use crate::flow::{Flow, Moved, Step};
use crate::report::Invariant;

impl Audit {
    /// Books an event, in the log in which it counts.
    pub(super) fn book(&mut self, here: Here<'_>) {
        match &here.event.fact {
            Fact::Account(name, AccountFact::AccountOpened(currency, overdraft)) => {
                let account = self.books.number(name);
                self.books.open(account, *currency, *overdraft);
            }
            Fact::Account(..) => {}
            Fact::Movement(movement, fact) => self.book_movement(here, movement, fact),
            Fact::Request(_, fact) => self.book_request(here, fact),
            Fact::Message(MessageFact::MessageParked(parked)) => self.parked(here.shard, parked),
            Fact::Message(MessageFact::MessageResolved(_)) => {
                self.counts.parked = self.counts.parked.saturating_sub(1);
            }
        }
    }

    fn book_movement(&mut self, here: Here<'_>, movement: &Movement, fact: &MovementFact) {
        match fact {
            MovementFact::AccountDebited => self.debited(here, movement),
            MovementFact::FundsReserved(_) => self.reserved(here, movement),
            MovementFact::ReservationReleased(..) => self.released(here, movement),
            MovementFact::CreditPromised(_) => self.step(here, Step::Promised, None),
            MovementFact::ConfirmationDeferred => self.step(here, Step::Deferred, None),
            MovementFact::ReversalGranted => self.step(here, Step::Granted, None),
            MovementFact::AccountCredited => {
                self.received(here, Step::Credited, movement);
                self.given_back(here, movement);
            }
            MovementFact::DebitReversed(_) => self.received(here, Step::Reversed, movement),
            MovementFact::CreditRefused(_) => self.step(here, Step::CreditRefused, Some(movement)),
            MovementFact::TransferSettled => self.step(here, Step::Settled, Some(movement)),
        }
    }

    fn book_request(&mut self, here: Here<'_>, fact: &RequestFact) {
        match fact {
            RequestFact::ReservationBarred => self.step(here, Step::Barred, None),
            // The same reversal may be requested again with other content, and denied again.
            RequestFact::ReversalDenied(..) => {
                self.flow(here).1.take(Step::Denied);
            }
            RequestFact::DebitRefused(..) => self.step(here, Step::DebitRefused, None),
            RequestFact::TransferFailed(movement, failure, _) => {
                self.step(here, Step::failed(*failure), movement.as_ref());
            }
            RequestFact::RequestRefused(..) | RequestFact::RequestRecalled(..) => {}
        }
    }

    fn parked(&mut self, shard: Shard, parked: &Parked) {
        self.counts.parked += 1;
        if let Some(log) = self.log_mut(shard) {
            log.parked.insert(parked.place);
        }
    }

    /// The flow that an event belongs to: at home, which is the payer's shard, or wherever a misdirected request was refused.
    fn flow(&mut self, here: Here<'_>) -> (AccountNo, &mut Flow) {
        let name = here.event.fact.account();
        // The payee's shard decides these.
        let home = match &here.event.fact {
            Fact::Movement(
                movement,
                MovementFact::AccountCredited
                | MovementFact::CreditRefused(_)
                | MovementFact::CreditPromised(_),
            ) => self.shards.of(&movement.payer),
            Fact::Account(..) | Fact::Movement(..) | Fact::Request(..) | Fact::Message(_) => here.shard,
        };
        let payer = self.books.number(&name);
        let log = &mut self.logs[usize::from(home.0)];
        (payer, log.flows.entry((here.event.transfer, payer)).or_default())
    }

    /// Records a step of a transfer: each at most once, and all about the same movement.
    fn step(&mut self, here: Here<'_>, step: Step, movement: Option<&Movement>) {
        let moved = movement.map(|movement| self.moved(movement));
        let (_, flow) = self.flow(here);
        let (before, first) = (flow.steps(), flow.take(step));
        let differs = flow.moved.zip(moved).is_some_and(|(debited, now)| debited != now);
        if !first {
            let twice = || {
                format!(
                    "{}: {} a second time, after {before}",
                    here.description(),
                    step.word()
                )
            };
            self.breaches.add(Invariant::OneEnd, twice);
        }
        if let Some(movement) = movement.filter(|_| differs) {
            let differs_text = || {
                format!(
                    "{}: {} to {} is not what was debited",
                    here.description(),
                    movement.money,
                    movement.payee
                )
            };
            self.breaches.add(Invariant::OneEnd, differs_text);
        }
    }

    fn moved(&mut self, movement: &Movement) -> Moved {
        let payee = self.books.number(&movement.payee);
        Moved {
            payee,
            currency: movement.money.currency,
            amount: movement.money.amount.minor(),
        }
    }

    fn reserved(&mut self, here: Here<'_>, movement: &Movement) {
        self.step(here, Step::Reserved, None);
        let moved = self.moved(movement);
        let (payer, flow) = self.flow(here);
        flow.reserved.get_or_insert(moved);
        flow.held = flow.held.saturating_add(moved.amount);
        let effect = self.books.hold(payer, moved.currency, moved.amount);
        self.judge(here, movement, effect);
    }

    /// The held amount is released to the payer.
    fn released(&mut self, here: Here<'_>, movement: &Movement) {
        self.step(here, Step::Released, None);
        let moved = self.moved(movement);
        let (payer, flow) = self.flow(here);
        let held = std::mem::take(&mut flow.held);
        let effect = self.books.release(payer, moved.currency, moved.amount, held);
        self.judge(here, movement, effect);
    }

    fn debited(&mut self, here: Here<'_>, movement: &Movement) {
        self.step(here, Step::Debited, Some(movement));
        let moved = self.moved(movement);
        let (payer, flow) = self.flow(here);
        flow.moved.get_or_insert(moved);
        flow.in_transit = flow.in_transit.saturating_add(moved.amount);
        let held = std::mem::take(&mut flow.held);
        let other = flow.reserved.is_some_and(|reserved| {
            (reserved.payee, reserved.currency) != (moved.payee, moved.currency)
                || reserved.amount < moved.amount
        });
        if other {
            let differs_text = || {
                let (money, payee) = (movement.money, &movement.payee);
                format!(
                    "{}: {money} to {payee} is not what was reserved",
                    here.description()
                )
            };
            self.breaches.add(Invariant::OneEnd, differs_text);
        }
        if let Some(reserved) = movement.reserved {
            let effect = self.books.release(payer, moved.currency, reserved.minor(), held);
            self.judge(here, movement, effect);
        }
        let effect = self.books.debit(payer, moved.currency, moved.amount);
        self.judge(here, movement, effect);
    }

    /// A reversal has arrived: the total returned must not exceed what was paid.
    fn given_back(&mut self, here: Here<'_>, movement: &Movement) {
        let Some(of) = movement.reverses else { return };
        let home = usize::from(self.shards.of(&movement.payee).0);
        let payer = self.books.number(&movement.payee);
        let paid = self.logs[home].flows.get_mut(&(of, payer)).map(|flow| {
            flow.given_back = flow.given_back.saturating_add(movement.money.amount.minor());
            flow.given_back <= flow.moved.map_or(0, |moved| moved.amount)
        });
        if paid != Some(true) {
            let more = || {
                format!(
                    "{}: more of transfer {of} was reversed than was paid",
                    here.description()
                )
            };
            self.breaches.add(Invariant::OneEnd, more);
        }
    }

    /// Money leaves transit, to the payee or back to the payer.
    fn received(&mut self, here: Here<'_>, step: Step, movement: &Movement) {
        self.step(here, step, Some(movement));
        let moved = self.moved(movement);
        let (payer, flow) = self.flow(here);
        let in_transit = std::mem::take(&mut flow.in_transit);
        let to = if step == Step::Reversed {
            payer
        } else {
            moved.payee
        };
        let effect = self
            .books
            .receive((payer, to), moved.currency, moved.amount, in_transit);
        self.judge(here, movement, effect);
    }

    fn judge(&mut self, here: Here<'_>, movement: &Movement, effect: Effect) {
        let currency = movement.money.currency;
        if let Some(sum) = effect.made {
            let made = || {
                format!(
                    "{} of {}: Σ is {} after it",
                    here.description(),
                    movement.money,
                    decimal(currency, sum)
                )
            };
            self.breaches.add(Invariant::Conservation, made);
        }
        if let Some(balance) = effect.below_floor {
            let below = || {
                let [left, floor] =
                    [balance.available, balance.floor()].map(|minor| decimal(currency, minor));
                format!(
                    "{} leaves {} with {left}, its limit is {floor}",
                    here.description(),
                    movement.payer
                )
            };
            self.breaches.add(Invariant::Floors, below);
        }
    }
}
