//! Where a flow's money is after each step: the payer's and the payee's balances, the held amount and the amount in transit.
//!
//! The changes follow from the facts; the resulting balances come from the books. The changes of each step add up to zero, or the
//! flow is broken.

use wallet_contract::event::{Fact, MovementFact};
use wallet_contract::money::Currency;

use crate::flow::{Booked, Flow};
use crate::steps::Step;

/// The changes of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The step.
    pub step: usize,
    /// The payer's available amount, in minor units.
    pub payer_available: Cell,
    /// The payer's held amount.
    pub payer_held: Cell,
    /// The amount in transit: debited and not yet credited.
    pub in_transit: Cell,
    /// The payee's available amount.
    pub payee_available: Cell,
    /// The sum of the changes: zero.
    pub sum: i64,
}

/// A change, and the balances around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The change, in minor units.
    pub change: i64,
    /// The balance before it, if the books tell.
    pub before: Option<i64>,
    /// The balance after it, if the books tell.
    pub after: Option<i64>,
}

/// The flow's currency and one row for each step that moves money; none for an operator's request.
pub fn of(flow: &Flow, steps: &[Step]) -> Option<(Currency, Vec<Row>)> {
    let currency: Currency = flow.currency.as_ref()?.parse().ok()?;
    let mut in_transit = 0_i64;
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|index| steps[*index].event);
    let rows = order.into_iter().filter_map(|index| {
        let fact = steps[index].content.fact()?;
        let [available, held, transit, payee] = changes(fact)?;
        let before = in_transit;
        in_transit = in_transit.saturating_add(transit);
        let event = flow.events[steps[index].event].id;
        let booked = |account: Option<&String>| {
            let mut lines = flow.bookings.iter();
            lines.find(|line| line.event == event && Some(&line.account) == account)
        };
        let payer = booked(Some(&flow.payer)).filter(|_| (available, held) != (0, 0));
        let receiver = booked(flow.payee.as_ref()).filter(|_| payee != 0);
        Some(Row {
            step: index,
            payer_available: cell(available, payer.map(|line| &line.balance), currency),
            payer_held: cell(held, payer.map(|line| &line.held_balance), currency),
            in_transit: Cell {
                change: transit,
                before: Some(before),
                after: Some(in_transit),
            },
            payee_available: cell(payee, receiver.map(|line| &line.balance), currency),
            sum: [available, held, transit, payee]
                .into_iter()
                .fold(0, i64::saturating_add),
        })
    });
    Some((currency, rows.collect()))
}

/// The changes that a fact makes: to the payer's available and held amounts, to the amount in transit, to the payee's available
/// amount. None if it moves no money.
fn changes(fact: &Fact) -> Option<[i64; 4]> {
    let (movement, fact) = match fact {
        Fact::Movement(movement, fact) => (movement, fact),
        Fact::Account(..) | Fact::Request(..) | Fact::Message(_) => return None,
    };
    let less = |amount: i64| amount.saturating_neg();
    let (amount, held) = (movement.money.amount.minor(), movement.held());
    match fact {
        MovementFact::AccountDebited => Some([held.saturating_sub(amount), less(held), amount, 0]),
        MovementFact::AccountCredited => Some([0, 0, less(amount), amount]),
        MovementFact::DebitReversed(_) => Some([amount, 0, less(amount), 0]),
        MovementFact::FundsReserved(_) => Some([less(amount), amount, 0, 0]),
        MovementFact::ReservationReleased(..) => Some([amount, less(amount), 0, 0]),
        MovementFact::CreditRefused(_)
        | MovementFact::CreditPromised(_)
        | MovementFact::ConfirmationDeferred
        | MovementFact::ReversalGranted
        | MovementFact::TransferSettled => None,
    }
}

fn cell(change: i64, after: Option<&String>, currency: Currency) -> Cell {
    let after = after.and_then(|text| minor(text, currency));
    Cell {
        change,
        before: after.map(|after| after.saturating_sub(change)),
        after,
    }
}

/// A balance from the books in minor units; it may be negative.
fn minor(text: &str, currency: Currency) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(text) => currency.parse_minor(text).ok()?.checked_neg(),
        None => currency.parse_minor(text).ok(),
    }
}

/// The side whose books record this event, if it moves money.
pub fn books(fact: &Fact) -> Option<Side> {
    let [available, held, _, payee] = changes(fact)?;
    match (available, held, payee) {
        (0, 0, 0) => None,
        (0, 0, _) => Some(Side::Payee),
        (_, _, _) => Some(Side::Payer),
    }
}

/// A side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The payer.
    Payer,
    /// The payee.
    Payee,
}

/// Whether the books contradict the facts about an event.
pub fn contradicts(flow: &Flow, line: &Booked, steps: &[Step]) -> bool {
    let Some(currency) = flow
        .currency
        .as_ref()
        .and_then(|code| code.parse::<Currency>().ok())
    else {
        return false;
    };
    let step = steps.iter().find(|step| flow.events[step.event].id == line.event);
    let Some([available, held, _, payee]) = step.and_then(|step| changes(step.content.fact()?)) else {
        return true;
    };
    let booked = [minor(&line.amount, currency), minor(&line.held, currency)];
    let expected = if payee == 0 { [available, held] } else { [payee, 0] };
    booked != expected.map(Some)
}
