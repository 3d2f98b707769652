//! Cores with a mistake in them: the checker finds each, and tells how it comes about.

use credit_core::Credit;
use debit_core::{Debit, State};
use ledger_core::Ledger;
use wallet_contract::decider::{Heard, Input, Place};
use wallet_contract::event::{Fact, Failure};
use wallet_contract::id::TransferKey;
use wallet_contract::reason::{Reason, Refusal};
use wallet_contract::subject::Verb;
use wallet_model::bent::{Bend, Bent};
use wallet_model::core::Core;
use wallet_model::properties::{CONSERVED, ENDS, ONCE, QUIET, SOUND, UNIQUE, WHOLE};
use wallet_model::report::check;
use wallet_model::scenarios;

/// What credit-svc refuses is never given back.
#[derive(Debug)]
struct Forgets;

impl Bend for Forgets {
    type Core = Debit;

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        <Debit as wallet_contract::decider::Decider>::decide(state, heard, place)
            .filter(|fact| !matches!(fact, Fact::DebitReversed(..)))
    }
}

/// What was heard before is heard again.
#[derive(Debug)]
struct NoInbox;

impl Bend for NoInbox {
    type Core = Credit;
    const INBOX: bool = false;
}

/// A cancel releases what was reserved, also what was confirmed.
#[derive(Debug)]
struct ReleasesAlways;

impl Bend for ReleasesAlways {
    type Core = Debit;

    fn decide(state: &State, heard: &Heard<'_>, place: Place) -> Option<Fact> {
        reserved(state, heard, Verb::Cancel)
            .map(|movement| {
                let refusal = Refusal::new(Reason::Cancelled, "too late");
                Fact::ReservationReleased(movement, Failure::Cancelled, refusal)
            })
            .or_else(|| <Debit as wallet_contract::decider::Decider>::decide(state, heard, place))
    }
}
