//! Cores with a planted mistake: the checker finds each one and shows the steps that lead to it.

use credit_core::Credit;
use debit_core::{Debit, State};
use ledger_core::Ledger;
use wallet_contract::event::{Fact, Failure, Movement, MovementFact, RequestFact};
use wallet_contract::id::TransferKey;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::request::Order;
use wallet_contract::subject::Verb;
use wallet_kernel::{Decider, Heard, Input, Place};
use wallet_model::bent::{Bend, Bent};
use wallet_model::core::Core;
use wallet_model::properties::{ENDS, ONCE, QUIET, SOUND, UNIQUE, WHOLE};
use wallet_model::report::check;
use wallet_model::scenarios;

/// Refused credits are never given back.
#[derive(Debug)]
struct NeverGivesBack;

impl Bend for NeverGivesBack {
    type Core = Debit;

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        Debit::decide(state, heard, place)
            .filter(|fact| !matches!(fact, Fact::Movement(_, MovementFact::DebitReversed(..))))
    }
}

/// Repeats are handled again.
#[derive(Debug)]
struct NoInbox;

impl Bend for NoInbox {
    type Core = Credit;
    const INBOX: bool = false;
}

/// A cancel releases a reservation even if it was confirmed.
#[derive(Debug)]
struct ReleasesWhatIsConfirmed;

impl Bend for ReleasesWhatIsConfirmed {
    type Core = Debit;

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        let released = reserved(state, heard, Verb::Cancel).map(|movement| {
            let refusal = Refusal::new(Reason::Cancelled, "never too late");
            Fact::Movement(
                movement,
                MovementFact::ReservationReleased(Failure::Cancelled, refusal),
            )
        });
        released.or_else(|| Debit::decide(state, heard, place))
    }
}

/// A confirm debits a reservation even if it was released.
#[derive(Debug)]
struct DebitsWhatIsReleased;

impl Bend for DebitsWhatIsReleased {
    type Core = Debit;

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        let debited = reserved(state, heard, Verb::Confirm).map(|movement| {
            let reserved = Some(movement.money.amount);
            Fact::Movement(Movement { reserved, ..movement }, MovementFact::AccountDebited)
        });
        debited.or_else(|| Debit::decide(state, heard, place))
    }
}

/// A payer may pay without sufficient funds.
#[derive(Debug)]
struct PaysWhatItHasNot;

impl Bend for PaysWhatItHasNot {
    type Core = Debit;

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        match (Debit::decide(state, heard, place), &heard.input) {
            (Some(Fact::Request(_, RequestFact::DebitRefused(Some(movement), ..))), Input::Request(_)) => {
                Some(Fact::Movement(movement, MovementFact::AccountDebited))
            }
            (fact, _) => fact,
        }
    }
}

/// A transfer settles wherever its credit is heard, not only at home.
#[derive(Debug)]
struct SettlesTwice;

impl Bend for SettlesTwice {
    type Core = Ledger;

    fn decide(state: &ledger_core::State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        if let Input::Event(event) = &heard.input
            && let Fact::Movement(movement, MovementFact::AccountCredited) = &event.fact
        {
            return Some(Fact::Movement(movement.clone(), MovementFact::TransferSettled));
        }
        Ledger::decide(state, heard, place)
    }
}

/// The movement that a request of this verb finds reserved, now or earlier.
fn reserved(state: &State, heard: &Heard<'_>, verb: Verb) -> Option<Movement> {
    let Input::Request(request) = &heard.input else {
        return None;
    };
    let sound = request.verb == verb && matches!(request.order, Ok(Order::Cancel | Order::Confirm(None)));
    let key = TransferKey {
        id: request.transfer,
        payer: request.account.clone(),
    };
    let row = state
        .transfers
        .get(&key)
        .filter(|row| sound && row.reservation.is_some());
    row.and_then(|row| row.movement.clone())
}

/// Checks a world, and expects exactly these properties to fail.
fn finds<D: Core, C: Core, L: Core>(world: &str, expected: &[&str]) {
    let scenario = scenarios::ALL.iter().find(|scenario| scenario.name == world);
    let report = check::<D, C, L>(*scenario.expect("a world of that name"));
    println!("{report}");
    assert_eq!(report.found, expected, "{report}");
}

const CRASHES: &str = "a payee frozen and unfrozen, crashes";
const CONFIRMS: &str = "two confirms, one for a part, repeated";
const PART: &str = "a reservation and a transfer, funds for one, crash";
const TWO: &str = "two transfers, funds for one, two shards";

#[test]
fn to_forget_to_give_back() {
    finds::<Bent<NeverGivesBack>, Credit, Ledger>(CRASHES, &[QUIET, ENDS]);
}

#[test]
fn to_credit_without_an_inbox() {
    finds::<Debit, Bent<NoInbox>, Ledger>(CRASHES, &[SOUND, ONCE, WHOLE, UNIQUE, QUIET]);
}

#[test]
fn to_release_what_is_confirmed() {
    finds::<Bent<ReleasesWhatIsConfirmed>, Credit, Ledger>(PART, &[SOUND, ONCE, WHOLE, QUIET]);
}

#[test]
fn to_debit_what_is_released() {
    finds::<Bent<DebitsWhatIsReleased>, Credit, Ledger>(CONFIRMS, &[SOUND, ONCE, WHOLE, QUIET]);
}

#[test]
fn to_pay_without_funds() {
    finds::<Bent<PaysWhatItHasNot>, Credit, Ledger>(TWO, &[SOUND]);
}

#[test]
fn to_settle_on_both_shards() {
    finds::<Debit, Credit, Bent<SettlesTwice>>(TWO, &[ONCE, WHOLE, UNIQUE]);
}
